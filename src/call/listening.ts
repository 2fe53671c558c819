/**
 * One listen of a call: from the question to the one thing that settles it. Not the flow, which decides what an answer
 * means, and not the media plane, which hears. Runs in a call worker; `Call` owns it.
 *
 *     utterance ---> gate --too little--> not.understood      digit ---> collected --+--> answered (digits)
 *                      |                                                             |    at maxDigits, at the
 *                      v                                      aborts a recognition <-+    terminator, or after
 *                 recognizer --text-----> answered (speech)                               interDigitMs
 *                      |------no text---> not.understood      no.input ------------------> no.input
 *                      `------failure---> recognizer.failed   deadline ------------------> no.input
 *
 * Whatever comes first settles it, exactly once; what comes later finds it settled and is dropped. The deadline is on
 * the wall clock and is there for when the media plane is silent.
 *
 * An utterance that comes while an earlier one is with the recognizer takes its place: callers who are not answered at
 * once say it again, or better, and the last thing said is what they mean. A cough (what the gate stops) does not.
 */
import type { ToCall } from '../channel/messages.ts';
import type { Clock, Timer } from '../clock.ts';
import type { FlowAction } from '../flow/action.ts';
import type { FlowEvent } from '../flow/event.ts';
import type { Recognizer, Transcript } from '../speech/recognizer.ts';
import { mayBeSpeech, toUtteranceAudio } from '../speech/utterance.ts';

type ListenAction = Extract<FlowAction, { kind: 'listen' }>;
type SettlingEvent = Extract<
  FlowEvent,
  { kind: 'answered' | 'not.understood' | 'recognizer.failed' | 'no.input' }
>;
type UtteranceMessage = Extract<ToCall, { kind: 'utterance' }>;

/** Prompts are at most 120 s (prompt-maker). */
const PLAYING_MAX_MS = 125_000;
/** Over what the media plane itself needs to report: pre-roll, end of speech (at most 5 s), and a busy thread. */
const DEADLINE_SLACK_MS = 6_000;
const DIGIT = /^[0-9*#]$/;

export interface ListeningParts {
  readonly clock: Clock;
  /** With a deadline of its own: `end()` always settles. */
  readonly recognizer: Recognizer;
  /** Runs what a timer or a recognizer brings back, as code of this call. */
  readonly enter: (work: () => void) => void;
  readonly onSettled: (event: SettlingEvent) => void;
  readonly onRecognizerFailed: (thrown: unknown) => void;
}

export class Listening {
  readonly listenId: number;
  readonly #action: ListenAction;
  readonly #parts: ListeningParts;
  #settled = false;
  #digits = '';
  #digitTimer: Timer | null = null;
  #deadlineTimer: Timer | null = null;
  /** The recognition in flight, or null. */
  #recognition: AbortController | null = null;

  /** `isPlaying`: prompts are yet to be heard, and `promptsEnded` will be called. */
  constructor(action: ListenAction, isPlaying: boolean, parts: ListeningParts) {
    this.listenId = action.listenId;
    this.#action = action;
    this.#parts = parts;
    this.#armDeadline(isPlaying ? PLAYING_MAX_MS + this.#answerMaxMs() : this.#answerMaxMs());
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** The last prompt before this listen has ended: from here the caller's own time counts. */
  promptsEnded(): void {
    if (!this.#settled) this.#armDeadline(this.#answerMaxMs());
  }

  hearUtterance(message: UtteranceMessage): void {
    if (this.#settled || this.#digits !== '') return;
    const audio = toUtteranceAudio(message.audio, message.sampleRateHz);
    if (!mayBeSpeech(audio, message.voicedMs)) {
      if (this.#recognition === null) this.#settle({ kind: 'not.understood', listenId: this.listenId });
      return;
    }
    this.#recognition?.abort();
    const abort = new AbortController();
    this.#recognition = abort;
    const { kind, language, keywords } = this.#action.expect;
    const isCurrent = (): boolean => this.#recognition === abort && !this.#settled;
    const recognition = this.#parts.recognizer.open({ kind, language, keywords }, abort.signal);
    recognition.push(audio);
    recognition.end().then(
      (transcript) => {
        if (isCurrent()) this.#parts.enter(() => this.#takeTranscript(transcript));
      },
      (thrown: unknown) => {
        if (!isCurrent()) return;
        this.#parts.enter(() => {
          this.#parts.onRecognizerFailed(thrown);
          this.#settle({ kind: 'recognizer.failed', listenId: this.listenId });
        });
      },
    );
  }

  /** A key that the question cannot be answered with, or that comes too late, is dropped. */
  hearDigit(digit: string): void {
    const { maxDigits, terminator, interDigitMs } = this.#action.expect.keypad;
    if (this.#settled || maxDigits < 1 || !DIGIT.test(digit)) return;
    if (digit === terminator && this.#digits === '') return;
    this.#recognition?.abort();
    this.#recognition = null;
    if (this.#digitTimer !== null) this.#parts.clock.clearTimer(this.#digitTimer);
    this.#digitTimer = null;
    if (digit !== terminator) this.#digits += digit;
    if (digit === terminator || this.#digits.length >= maxDigits) {
      this.#settleWithDigits();
    } else {
      this.#digitTimer = this.#parts.clock.setTimer(interDigitMs, () =>
        this.#parts.enter(() => this.#settleWithDigits()),
      );
    }
  }

  /** Nothing was said for the whole time. Dropped while an answer is on its way. */
  hearNothing(): void {
    if (this.#recognition === null && this.#digits === '') {
      this.#settle({ kind: 'no.input', listenId: this.listenId });
    }
  }

  /** Aborts and forgets everything; nothing is reported. Idempotent. */
  close(): void {
    this.#settled = true;
    this.#recognition?.abort();
    this.#recognition = null;
    if (this.#digitTimer !== null) this.#parts.clock.clearTimer(this.#digitTimer);
    if (this.#deadlineTimer !== null) this.#parts.clock.clearTimer(this.#deadlineTimer);
    this.#digitTimer = null;
    this.#deadlineTimer = null;
  }

  #takeTranscript(transcript: Transcript): void {
    const text = transcript.text.trim();
    const { listenId } = this;
    this.#settle(
      text === '' ? { kind: 'not.understood', listenId } : { kind: 'answered', listenId, by: 'speech', text },
    );
  }

  #settleWithDigits(): void {
    this.#settle({ kind: 'answered', listenId: this.listenId, by: 'digits', text: this.#digits });
  }

  #settle(event: SettlingEvent): void {
    if (this.#settled) return;
    this.close();
    this.#parts.onSettled(event);
  }

  #answerMaxMs(): number {
    return this.#action.noInputMs + this.#action.maxUtteranceMs + DEADLINE_SLACK_MS;
  }

  #armDeadline(delayMs: number): void {
    const { clock, enter } = this.#parts;
    if (this.#deadlineTimer !== null) clock.clearTimer(this.#deadlineTimer);
    // An answer on its way has a deadline of its own, and settles by it: `hearNothing` leaves it alone.
    this.#deadlineTimer = clock.setTimer(delayMs, () => enter(() => this.hearNothing()));
  }
}
