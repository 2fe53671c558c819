/**
 * The callers' media side at scale: starts `trunkline-callers` (native/callers), one process whose one thread carries
 * thousands of streams, hands it calls, and passes on what it tells. It frames, masks, plays out and takes turns by itself;
 * nothing per frame passes through here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AddonError, CapacityError, InvalidStateError } from '../errors.ts';
import { engineOrders } from './engine-orders.ts';

/** What a caller can say. */
export interface Clip {
  readonly id: number;
  /** 8 kHz mu-law, whole frames of 160 bytes. */
  readonly mulaw: Uint8Array;
  /** First and last sound in the clip, from its start. */
  readonly onsetMs: number;
  readonly offsetMs: number;
}

/** What the caller does at one turn of the bot's. One step a turn, in order; after the last the caller stays quiet until the server closes. */
export type CallerStep =
  /** Once the bot has had nothing to play for `thinkMs`, and for `turnSilenceMs` in any case. */
  | { readonly kind: 'say'; readonly clipId: number; readonly thinkMs: number }
  /** Keys 100 ms apart. */
  | { readonly kind: 'press'; readonly digits: string; readonly thinkMs: number }
  /** Speaks into the prompt, `afterMs` after the first audio of this turn. */
  | { readonly kind: 'barge'; readonly clipId: number; readonly afterMs: number }
  /** Hangs up (stop, then close) `afterMs` after the turn's first audio. */
  | { readonly kind: 'hang-up'; readonly afterMs: number };

export interface StreamCall {
  /** Chosen by whoever calls, unique while live. */
  readonly id: number;
  /** A numeric address. */
  readonly host: string;
  readonly port: number;
  /** The request target of the upgrade. */
  readonly path: string;
  /** `Host`, `X-Twilio-Signature`, `User-Agent`; those of the WebSocket itself are added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
  /** `customParameters` of `start`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Silence that ends the bot's turn: nothing left to play for so long. */
  readonly turnSilenceMs: number;
  readonly steps: readonly CallerStep[];
}

/** Every `...AtMs` is CLOCK_MONOTONIC in milliseconds, fractions kept: `Number(process.hrtime.bigint()) / 1e6` of the same machine. */
export type EngineEvent =
  /** The upgrade was answered with 101. */
  | { readonly kind: 'open'; readonly id: number; readonly atMs: number }
  /** The first media message of the stream came. */
  | { readonly kind: 'first-audio'; readonly id: number; readonly atMs: number }
  /** The caller was answered. `saidAtMs`: its last audible frame, or last key, left; `heardAtMs`: the bot's first audio after it came. */
  | {
      readonly kind: 'turn';
      readonly id: number;
      readonly step: number;
      readonly how: 'say' | 'press' | 'barge';
      readonly saidAtMs: number;
      readonly heardAtMs: number;
    }
  /** `speechAtMs`: the frame that holds the clip's onset left; `clearedAtMs`: a clear came, null: none before the bot's turn ended. */
  | {
      readonly kind: 'barge-in';
      readonly id: number;
      readonly step: number;
      readonly speechAtMs: number;
      readonly clearedAtMs: number | null;
    }
  /** Playback ran dry for 20 ms to a minute inside one prompt: no mark, no clear and no act of the caller's between. */
  | { readonly kind: 'gap'; readonly id: number; readonly atMs: number; readonly gapMs: number }
  /** Once for each call, its last event. */
  | {
      readonly kind: 'ended';
      readonly id: number;
      readonly atMs: number;
      /** closed: by the server's close frame; broken: without one; protocol: it sent what a carrier does not take. */
      readonly how: 'closed' | 'broken' | 'refused' | 'hung-up' | 'protocol';
      /** The close code, or the HTTP status of a refusal, or 0. */
      readonly code: number;
      readonly stepsDone: number;
      readonly framesSent: number;
      /** Not sent, because the server read too slowly. */
      readonly framesDropped: number;
      readonly mediaReceived: number;
      /** Played, as far as the call lasted. */
      readonly audioMs: number;
      readonly marks: number;
      readonly clears: number;
      /** What went wrong, or nothing. */
      readonly detail: string;
    }
  /** Every 500 ms: counts since the one before. */
  | {
      readonly kind: 'pulse';
      readonly atMs: number;
      readonly live: number;
      readonly framesSent: number;
      readonly mediaReceived: number;
      readonly bytesIn: number;
      readonly bytesOut: number;
      /** That the sockets had not taken yet, at this moment; they are in `bytesOut`. */
      readonly unsentBytes: number;
      /** How late frames left after they were due. */
      readonly latenessP50Ms: number;
      readonly latenessP99Ms: number;
      readonly latenessMaxMs: number;
      /** Over 10 ms. */
      readonly lateFrames: number;
      /** User and system. */
      readonly cpuMs: number;
      readonly residentBytes: number;
    };

const PROGRAM = fileURLToPath(new URL('../../build/Release/trunkline-callers', import.meta.url));
const START_MAX_MS = 5000;
const CLOSE_MAX_MS = 5000;
/** Orders that the engine has not read: thousands of calls, or hours of clips. More means that it hangs. */
const UNREAD_MAX_BYTES = 64 * 1024 * 1024;
const LINE_MAX_CHARACTERS = 64 * 1024;
const COMPLAINT_MAX_CHARACTERS = 2000;

export class CallerEngine {
  /** Rejects when the process ends without having been asked to. */
  readonly died: Promise<never>;
  readonly #child: ChildProcess;
  readonly #onEvent: (event: EngineEvent) => void;
  readonly #clipIds = new Set<number>();
  readonly #liveIds = new Set<number>();
  readonly #exited: Promise<void>;
  #onReady: () => void = () => {};
  #onDied!: (error: Error) => void;
  #closing: Promise<void> | null = null;
  #text = '';
  #complaint = '';

  private constructor(onEvent: (event: EngineEvent) => void) {
    this.#onEvent = onEvent;
    this.died = new Promise((_, reject) => {
      this.#onDied = reject;
    });
    // Whoever does not ask for it is not to be ended by it.
    this.died.catch(() => {});
    this.#child = spawn(PROGRAM, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdin, stdout, stderr } = this.#child;
    // The end of the process tells what is to be told.
    stdin?.on('error', () => {});
    stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, COMPLAINT_MAX_CHARACTERS);
    });
    this.#exited = new Promise((resolve) => {
      const ended = (how: string) => {
        if (this.#closing === null) this.#onDied(new AddonError(`The caller engine ${how}.`));
        resolve();
      };
      this.#child.once('error', (error) => ended(`${PROGRAM} could not be run: ${error.message}`));
      this.#child.once('close', (code, signal) => {
        ended(`ended by itself (${signal ?? `exit code ${code}`}) ${this.#complaint}`.trimEnd());
      });
    });
  }

  /** Resolves when it takes calls. Rejects with AddonError where there is no engine. `onEvent` must not throw. */
  static async start(onEvent: (event: EngineEvent) => void): Promise<CallerEngine> {
    if (process.platform !== 'linux') {
      throw new AddonError(`The caller engine runs on Linux alone, not on ${process.platform}.`);
    }
    if (!existsSync(PROGRAM)) {
      throw new AddonError(
        `The caller engine is not built: there is no ${PROGRAM}. Run "npm install" in the project folder (it needs python3, make and g++).`,
      );
    }
    const engine = new CallerEngine(onEvent);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new AddonError(`The caller engine was not ready within ${START_MAX_MS} ms.`)),
        START_MAX_MS,
      );
    });
    const ready = new Promise<void>((resolve) => {
      engine.#onReady = resolve;
    });
    try {
      await Promise.race([ready, engine.died, late]);
    } catch (error) {
      engine.#child.kill('SIGKILL');
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return engine;
  }

  /** Of the process, for whoever measures it. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Before the calls that use it; an id is given once. */
  addClip(clip: Clip): void {
    if (this.#clipIds.has(clip.id)) throw new InvalidStateError(`Clip ${clip.id} has been added before.`);
    const order = engineOrders.clip(clip);
    this.#clipIds.add(clip.id);
    this.#send(order);
  }

  /** The background while nobody speaks, looped: whole frames. Digital silence until then. */
  setLine(mulaw: Uint8Array): void {
    this.#send(engineOrders.line(mulaw));
  }

  call(call: StreamCall): void {
    if (this.#liveIds.has(call.id)) throw new InvalidStateError(`Call ${call.id} is live.`);
    for (const step of call.steps) {
      if ('clipId' in step && !this.#clipIds.has(step.clipId)) {
        throw new InvalidStateError(`Call ${call.id} wants clip ${step.clipId}, which has not been added.`);
      }
    }
    const order = engineOrders.call(call);
    this.#liveIds.add(call.id);
    this.#send(order);
  }

  /** No effect on a call that has ended. */
  hangUp(id: number): void {
    this.#send(engineOrders.hangUp(id));
  }

  /** Hangs up all, waits at most 5 s, ends the process. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#child.stdin?.end(engineOrders.end());
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MAX_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Nothing is sent to an engine that is closing. */
  #send(order: string): void {
    const { stdin } = this.#child;
    if (this.#closing !== null || stdin === null || !stdin.writable) return;
    if (stdin.writableLength > UNREAD_MAX_BYTES) {
      throw new CapacityError(`The caller engine has not read ${stdin.writableLength} bytes of orders.`);
    }
    stdin.write(order);
  }

  #take(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = (lines.pop() ?? '').slice(0, LINE_MAX_CHARACTERS);
    for (const line of lines) {
      const event = JSON.parse(line) as EngineEvent | { readonly kind: 'ready' };
      if (event.kind === 'ready') {
        this.#onReady();
        continue;
      }
      if (event.kind === 'ended') this.#liveIds.delete(event.id);
      this.#onEvent(event);
    }
  }
}
