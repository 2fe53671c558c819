/**
 * How long callers wait for their answers, as the I/O thread sees it: from the messages that cross to and from the call's
 * worker anyway, a handful a turn and none per frame. Not what happens in the worker (`call/turn-times.ts`).
 *
 *   state     message                                           next state
 *   any       utterance                                         spoken: endpointing is known
 *   any       digit                                             silent: keys are no speech
 *   spoken    play (worker): of the answer's first prompt       answered
 *   answered  prompt.started, of that prompt                    silent: latency, and what the audio took
 *   answered  prompt.ended, of that prompt: it never started    silent
 */
import type { CallId, FromCall, ToCall } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import type { ThreadMeter } from '../meter/thread-meter.ts';
import type { CallPlacement } from '../server/live-call-surroundings.ts';
import type { TurnTimes } from '../server/server-telemetry.ts';

export interface TurnWatchParts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly meter: ThreadMeter;
  /** Whether the prompt's audio is there. */
  readonly isReady: (promptKey: string) => boolean;
  /** Told of each that is measured. */
  readonly onTurn?: (callId: CallId, times: TurnTimes) => void;
}

interface Turn {
  state: 'silent' | 'spoken' | 'answered';
  /** Of the latest listen. */
  endOfSpeechMs: number;
  endpointingMs: number;
  spokenAtMs: number;
  answeredAtMs: number;
  playId: number;
  wasReady: boolean;
}

export type Beginning = 'new' | 'returned' | 'moved';

export class TurnWatch {
  /** How calls came to their workers since the start: the first time, on a new stream, made anew. */
  readonly beginnings: Record<Beginning, number> = { new: 0, returned: 0, moved: 0 };
  readonly #parts: TurnWatchParts;
  readonly #turns = new Map<CallId, Turn>();

  constructor(parts: TurnWatchParts) {
    this.#parts = parts;
  }

  /** Calls that are watched: zero when no call is on. */
  get callCount(): number {
    return this.#turns.size;
  }

  /** The workers, as calls that are watched have them. */
  placing(workers: CallPlacement): CallPlacement {
    return {
      place: (callId, how, onPlaced) => workers.place(callId, how, onPlaced),
      post: (message) => {
        this.#toCall(message);
        workers.post(message);
      },
      release: (callId) => {
        this.#turns.delete(callId);
        workers.release(callId);
      },
    };
  }

  /** An order of a call's worker. */
  fromCall(message: FromCall): void {
    if (message.kind !== 'listen' && message.kind !== 'play') return;
    const turn = this.#turns.get(message.callId);
    if (turn === undefined) return;
    if (message.kind === 'listen') {
      turn.endOfSpeechMs = message.endOfSpeechMs;
      return;
    }
    if (turn.state !== 'spoken') return;
    turn.state = 'answered';
    turn.answeredAtMs = this.#parts.clock.nowMs();
    turn.playId = message.playId;
    turn.wasReady = this.#parts.isReady(message.promptKey);
  }

  #toCall(message: ToCall): void {
    if (message.kind === 'call.started') {
      const { attempt, move } = message.call;
      this.beginnings[move > 0 ? 'moved' : attempt > 0 ? 'returned' : 'new'] += 1;
      this.#turns.set(message.callId, silentTurn());
      return;
    }
    const turn = this.#turns.get(message.callId);
    if (turn === undefined) return;
    switch (message.kind) {
      case 'speech.started':
        if (message.bargeIn) this.#parts.meter.add('bargeIns');
        return;
      case 'utterance':
        turn.state = 'spoken';
        turn.spokenAtMs = this.#parts.clock.nowMs();
        // An utterance that was cut had no silence behind it to be waited for.
        turn.endpointingMs = message.cut ? 0 : turn.endOfSpeechMs;
        return;
      case 'digit':
        turn.state = 'silent';
        return;
      case 'prompt.started':
        if (turn.state === 'answered' && message.playId === turn.playId) this.#heard(message.callId, turn);
        return;
      case 'prompt.ended':
        if (turn.state === 'answered' && message.playId === turn.playId) turn.state = 'silent';
        return;
      default:
    }
  }

  #heard(callId: CallId, turn: Turn): void {
    const { clock, meter, onTurn } = this.#parts;
    const nowMs = clock.nowMs();
    turn.state = 'silent';
    meter.of('endpointing').observeMs(turn.endpointingMs);
    meter.of('turnLatency').observeMs(turn.endpointingMs + nowMs - turn.spokenAtMs);
    meter.of(turn.wasReady ? 'firstAudio' : 'synthesizer').observeMs(nowMs - turn.answeredAtMs);
    const workMs = turn.answeredAtMs - turn.spokenAtMs;
    onTurn?.(callId, { endpointingMs: turn.endpointingMs, workMs, audioMs: nowMs - turn.answeredAtMs });
  }
}

function silentTurn(): Turn {
  return {
    state: 'silent',
    endOfSpeechMs: 0,
    endpointingMs: 0,
    spokenAtMs: 0,
    answeredAtMs: 0,
    playId: 0,
    wasReady: true,
  };
}
