/**
 * The callers' processes: calls go to them in turn, and what they tell of a call goes to whoever placed it. Not the engine
 * itself (`caller-engine.ts`), nor what a call's events mean.
 */
import { CapacityError } from '../errors.ts';
import { CallerEngine, type Clip, type EngineEvent, type StreamCall } from './caller-engine.ts';

export type Pulse = Extract<EngineEvent, { kind: 'pulse' }>;
export type StreamEvent = Exclude<EngineEvent, Pulse>;

/** All of `CallerEngine` that is used here: a test puts another in its place. */
export type Engine = Pick<CallerEngine, 'addClip' | 'call' | 'hangUp' | 'close' | 'died'>;
export type StartEngine = (onEvent: (event: EngineEvent) => void) => Promise<Engine>;

export interface SenderPoolOptions {
  readonly senders: number;
  readonly clips: readonly Clip[];
  readonly onPulse: (sender: number, pulse: Pulse) => void;
  readonly startEngine?: StartEngine;
}

/** A stream that is being run; its id is of the pool. */
export interface SentStream {
  hangUp(): void;
}

export class SenderPool {
  /** Rejects when one of the processes dies by itself. */
  readonly died: Promise<never>;
  readonly #engines: readonly Engine[];
  readonly #listeners: Map<number, (event: StreamEvent) => void>;
  #nextId = 1;

  private constructor(engines: readonly Engine[], listeners: Map<number, (event: StreamEvent) => void>) {
    this.#engines = engines;
    this.#listeners = listeners;
    this.died = Promise.race(engines.map((engine) => engine.died));
    // Whoever waits for the run hears of it; nobody need be waiting yet.
    this.died.catch(() => {});
  }

  /** Rejects with AddonError where the engine is not built; those that had started are ended. */
  static async start(options: SenderPoolOptions): Promise<SenderPool> {
    const { senders, clips, onPulse, startEngine = (onEvent) => CallerEngine.start(onEvent) } = options;
    const listeners = new Map<number, (event: StreamEvent) => void>();
    const engines: Engine[] = [];
    try {
      for (let sender = 0; sender < senders; sender += 1) {
        engines.push(
          await startEngine((event) => {
            if (event.kind === 'pulse') {
              onPulse(sender, event);
              return;
            }
            const listener = listeners.get(event.id);
            if (event.kind === 'ended') listeners.delete(event.id);
            listener?.(event);
          }),
        );
      }
    } catch (error) {
      await Promise.all(engines.map((engine) => engine.close()));
      throw error;
    }
    for (const engine of engines) for (const clip of clips) engine.addClip(clip);
    return new SenderPool(engines, listeners);
  }

  /** Streams that have not ended. */
  get live(): number {
    return this.#listeners.size;
  }

  /** `onEvent` hears of this stream alone, to its `ended`. */
  send(call: Omit<StreamCall, 'id'>, onEvent: (event: StreamEvent) => void): SentStream {
    const id = this.#nextId++;
    const engine = this.#engines[id % this.#engines.length];
    if (engine === undefined) throw new CapacityError('Expected at least one sender, received none');
    this.#listeners.set(id, onEvent);
    engine.call({ ...call, id });
    return { hangUp: () => engine.hangUp(id) };
  }

  /** Hangs up what is live and ends the processes; a few seconds at most. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.close()));
  }
}
