/**
 * Where the time of one call's turns goes, as its worker sees it: what a call takes in, orders, asks and commits is noted
 * with the time, and a turn is told of when the first audio of its answer has left. Stands outside of the call and of its
 * journal: nothing that a call does depends on it. Call worker.
 *
 *   listen (asked) -> utterance (spoken) -> transcript (known) -> commit -> play (ordered) -> prompt.started: the turn ends
 *            `-> digits, no input: known when the commit is asked for --^
 */
import type { CallStart, FromCall, ToCall } from '../channel/messages.ts';
import type { TurnRecord } from '../channel/store-messages.ts';
import type { ToTraceThread, TracedTranscription, TracedTurn } from '../channel/trace-messages.ts';
import { type Clock, steadyWall } from '../clock.ts';
import type { ThreadMeter } from '../meter/thread-meter.ts';

export interface TurnTimesParts {
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly meter: ThreadMeter;
  /** Null: nobody traces. */
  readonly trace: ((message: ToTraceThread) => void) | null;
}

/** A recognition whose audio is complete. */
export interface TimedRecognition {
  readonly beganAtMs: number;
  endedAtMs: number | null;
  provider: string;
  isOk: boolean;
}

/** A question that the next answer is for. */
interface Asked {
  readonly atMs: number;
  spokenAtMs: number | null;
  endpointingMs: number;
  recognition: TimedRecognition | null;
  understoodAtMs: number | null;
}

/** A turn that is answered, and whose answer is not heard yet. */
interface Answered {
  readonly asked: Asked;
  readonly nodeId: string;
  readonly how: TurnRecord['how'];
  readonly knownAtMs: number;
  isDurable: boolean;
  orderedAtMs: number | null;
  playId: number | null;
}

export class TurnTimes {
  readonly #parts: TurnTimesParts;
  readonly #start: CallStart;
  readonly #beganAtMs: number;
  /** Wall clock less monotonic: the system's clock is followed no further than to here. */
  readonly #wallAheadMs: number;
  #endOfSpeechMs = 0;
  #asked: Asked | null = null;
  #answered: Answered | null = null;
  #turns = 0;
  #outcome: string | null = null;

  constructor(start: CallStart, parts: TurnTimesParts) {
    this.#start = start;
    this.#parts = parts;
    this.#beganAtMs = parts.clock.nowMs();
    this.#wallAheadMs = steadyWall(parts.clock)() - this.#beganAtMs;
  }

  /** What the call is about to receive. */
  received(message: ToCall): void {
    switch (message.kind) {
      case 'utterance':
        if (this.#asked === null) return;
        this.#asked.spokenAtMs = this.#nowMs();
        this.#asked.endpointingMs = message.cut ? 0 : this.#endOfSpeechMs;
        return;
      case 'digit':
        if (this.#asked !== null) this.#asked.spokenAtMs = null;
        return;
      case 'prompt.started':
        if (this.#answered?.playId === message.playId) this.#endTurn(this.#nowMs());
        return;
      case 'prompt.ended':
        if (this.#answered?.playId === message.playId) this.#endTurn(null);
        return;
      case 'call.ended':
        this.#endTurn(null);
        this.#traceCall(message.reason);
        return;
      default:
    }
  }

  /** What the call has ordered. */
  ordered(message: FromCall): void {
    switch (message.kind) {
      case 'play':
        this.#takeOrder(message.playId);
        return;
      case 'listen':
        this.#takeOrder(null);
        this.#endOfSpeechMs = message.endOfSpeechMs;
        this.#asked = {
          atMs: this.#nowMs(),
          spokenAtMs: null,
          endpointingMs: 0,
          recognition: null,
          understoodAtMs: null,
        };
        return;
      case 'finish':
        this.#takeOrder(null);
        if (this.#answered?.playId === null) this.#endTurn(null);
        return;
      default:
    }
  }

  /** A recognizer has all that it will be given. Its outcome is to be written into what comes back. */
  recognitionBegan(provider: string): TimedRecognition {
    const recognition = { beganAtMs: this.#nowMs(), endedAtMs: null, provider, isOk: false };
    if (this.#asked !== null) this.#asked.recognition = recognition;
    return recognition;
  }

  recognitionEnded(recognition: TimedRecognition, isOk: boolean): void {
    recognition.endedAtMs = this.#nowMs();
    recognition.isOk = isOk;
  }

  /** A transcript was read, or not, by what reads those that no rule does. */
  understandingEnded(beganAtMs: number): void {
    const nowMs = this.#nowMs();
    this.#parts.meter.of('understanding').observeMs(nowMs - beganAtMs);
    if (this.#asked !== null) this.#asked.understoodAtMs = nowMs;
  }

  /** The store is asked to keep a state; `turn` is what it closes. Answers when that was. */
  committing(outcome: string | null, turn: TurnRecord | undefined): number {
    const nowMs = this.#nowMs();
    this.#outcome = outcome;
    const asked = this.#asked;
    if (turn === undefined || asked === null) return nowMs;
    this.#endTurn(null);
    this.#asked = null;
    const { nodeId, how } = turn;
    const knownAtMs = isOfSpeech(how) ? (this.#transcriptAtMs(asked) ?? nowMs) : nowMs;
    this.#answered = { asked, nodeId, how, knownAtMs, isDurable: true, orderedAtMs: null, playId: null };
    if (isOfSpeech(how)) this.#meterRecognizer(asked);
    return nowMs;
  }

  committed(askedAtMs: number, isDurable: boolean): void {
    const { meter } = this.#parts;
    meter.of('commit').observeMs(this.#nowMs() - askedAtMs);
    meter.add(isDurable ? 'commitsDurable' : 'commitsDeferred');
    if (this.#answered !== null && this.#answered.orderedAtMs === null) this.#answered.isDurable = isDurable;
  }

  nowMs(): number {
    return this.#nowMs();
  }

  #nowMs(): number {
    return this.#parts.clock.nowMs();
  }

  #transcriptAtMs(asked: Asked): number | null {
    return asked.understoodAtMs ?? asked.recognition?.endedAtMs ?? null;
  }

  /** What the caller waited for it: nothing, where it was known when they had ended. */
  #meterRecognizer({ recognition, spokenAtMs }: Asked): void {
    if (recognition?.endedAtMs == null || spokenAtMs === null) return;
    this.#parts.meter.of('recognizer').observeMs(recognition.endedAtMs - spokenAtMs);
  }

  /** The first order after a commit tells that it was answered. */
  #takeOrder(playId: number | null): void {
    const answered = this.#answered;
    if (answered === null) return;
    if (answered.orderedAtMs === null) {
      answered.orderedAtMs = this.#nowMs();
      this.#parts.meter.of('step').observeMs(answered.orderedAtMs - answered.knownAtMs);
    }
    answered.playId ??= playId;
  }

  /** `firstAudioAtMs` null: none was heard. */
  #endTurn(firstAudioAtMs: number | null): void {
    const answered = this.#answered;
    if (answered === null) return;
    this.#answered = null;
    const turnIndex = this.#turns++;
    this.#parts.trace?.(this.#tracedTurn(answered, turnIndex, firstAudioAtMs));
  }

  #tracedTurn(answered: Answered, turnIndex: number, firstAudioAtMs: number | null): TracedTurn {
    const { asked, how, isDurable, knownAtMs, nodeId, orderedAtMs } = answered;
    const { spokenAtMs } = asked;
    const toStretch = (fromMs: number, toMs: number) => ({
      fromWallMs: fromMs + this.#wallAheadMs,
      toWallMs: toMs + this.#wallAheadMs,
    });
    const isSpeech = isOfSpeech(how) && spokenAtMs !== null;
    return {
      kind: 'turn',
      id: this.#id,
      ...toStretch(asked.atMs, firstAudioAtMs ?? orderedAtMs ?? this.#nowMs()),
      turnIndex,
      nodeId,
      how,
      endpointingMs: isSpeech ? asked.endpointingMs : null,
      transcribe: isOfSpeech(how) ? this.#transcription(asked, toStretch) : null,
      step: orderedAtMs === null ? null : { ...toStretch(knownAtMs, orderedAtMs), isDurable },
      synthesize:
        orderedAtMs === null || firstAudioAtMs === null ? null : toStretch(orderedAtMs, firstAudioAtMs),
    };
  }

  #transcription(
    { recognition }: Asked,
    toStretch: (fromMs: number, toMs: number) => { fromWallMs: number; toWallMs: number },
  ): TracedTranscription | null {
    if (recognition?.endedAtMs == null) return null;
    const { beganAtMs, endedAtMs, isOk, provider } = recognition;
    return { ...toStretch(beganAtMs, endedAtMs), provider, isOk };
  }

  #traceCall(reason: Extract<ToCall, { kind: 'call.ended' }>['reason']): void {
    this.#parts.trace?.({
      kind: 'call',
      id: this.#id,
      fromWallMs: this.#beganAtMs + this.#wallAheadMs,
      toWallMs: this.#nowMs() + this.#wallAheadMs,
      reason,
      outcome: this.#outcome,
      turns: this.#turns,
    });
  }

  get #id(): TracedTurn['id'] {
    const { callSid, attempt, move } = this.#start;
    return { callSid, attempt, move };
  }
}

function isOfSpeech(how: TurnRecord['how']): boolean {
  return how === 'speech' || how === 'not understood' || how === 'recognizer failed';
}
