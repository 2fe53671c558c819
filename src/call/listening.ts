/**
 * One listen of a call: from the question to the one thing that settles it. Not the flow, which decides what an answer
 * means, and not the media plane, which hears. Runs in a call worker; `Call` owns it.
 *
 *     utterance ---> gate --too little--> not.understood      digit ---> collected --+--> answered (digits)
 *                      |                                                             |    at maxDigits, at the
 *                      v                                      aborts a recognition <-+    terminator, or after
 *                 recognizer --text-----> read by rule? ----> answered (speech)           interDigitMs
 *                      |                     `--no--> understanding, if there is one -^
 *                      |------no text---> not.understood      no.input ------------------> no.input
 *                      `------failure---> recognizer.failed   deadline ------------------> no.input
 *
 * Whatever comes first settles it, exactly once; what comes later finds it settled and is dropped. The deadline is on
 * the wall clock and is there for when the media plane is silent.
 *
 * Speech comes early where that saves time: piece by piece to a live recognizer, or whole at the caller's first pause to
 * one that takes files. That recognition is `#early` until the utterance is over; then it is the one that counts.
 *
 * An utterance that comes while an earlier one is with the recognizer takes its place: callers who are not answered at
 * once say it again, or better, and the last thing said is what they mean. A cough (what the gate stops) does not.
 */
import type { ToCall } from '../channel/messages.ts';
import type { Clock, Timer } from '../clock.ts';
import type { FlowAction } from '../flow/action.ts';
import type { FlowEvent } from '../flow/event.ts';
import type { Recognizer, Transcript } from '../speech/recognizer.ts';
import { mayBeSpeech, releaseAudio, toUtteranceAudio } from '../speech/utterance.ts';
import { HeardSpeech, type SpeechOutcome } from './heard-speech.ts';

type ListenAction = Extract<FlowAction, { kind: 'listen' }>;
type SettlingEvent = Extract<
  FlowEvent,
  { kind: 'answered' | 'not.understood' | 'recognizer.failed' | 'no.input' }
>;
/** What the media plane hears for a listen. */
type HearingMessage = Extract<
  ToCall,
  {
    kind:
      | 'utterance'
      | 'utterance.provisional'
      | 'utterance.withdrawn'
      | 'speech.chunk'
      | 'speech.discarded'
      | 'no.input';
  }
>;
type UtteranceMessage = Extract<ToCall, { kind: 'utterance' }>;
type ProvisionalMessage = Extract<ToCall, { kind: 'utterance.provisional' }>;
type ChunkMessage = Extract<ToCall, { kind: 'speech.chunk' }>;

/** Prompts are at most 120 s (prompt-maker). */
const PLAYING_MAX_MS = 125_000;
/** Over what the media plane itself needs to report: pre-roll, end of speech (at most 5 s), and a busy thread. */
const DEADLINE_SLACK_MS = 6_000;
const DIGIT = /^[0-9*#]$/;

export interface ListeningParts {
  readonly clock: Clock;
  /** With a deadline of its own: `end()` always settles. */
  readonly recognizer: Recognizer;
  /** Reads what no rule reads, or null at once where it need not or cannot. Settles by itself, and never rejects. */
  readonly understand: (text: string, signal: AbortSignal) => Promise<string | null> | null;
  /** Runs what a timer or a recognizer brings back, as code of this call. */
  readonly enter: (work: () => void) => void;
  /** The caller has said something that is worth an answer; `cut`: and may be speaking still. */
  readonly onTurnTaken: (cut: boolean) => void;
  /** What was taken turned out to be no turn: keys take its place. */
  readonly onTurnWithdrawn: () => void;
  /** A recognition was begun in a pause. */
  readonly onSpeculated: () => void;
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
  /** Of speech that is not over. */
  #early: HeardSpeech | null = null;
  /** Of speech that is over and waits for its transcript. */
  #heard: HeardSpeech | null = null;
  /** Of a transcript that no rule reads. */
  #reading: AbortController | null = null;

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

  /** A message of this listen's id. */
  hear(message: HearingMessage): void {
    switch (message.kind) {
      case 'speech.chunk':
        this.#hearChunk(message);
        break;
      case 'utterance.provisional':
        this.#hearProvisional(message);
        break;
      // The caller went on, or what was being heard was no speech.
      case 'utterance.withdrawn':
      case 'speech.discarded':
        this.#withdrawEarly();
        break;
      case 'utterance':
        this.#hearUtterance(message);
        break;
      case 'no.input':
        this.#hearNothing();
        break;
    }
  }

  /** The next piece of speech that goes on, for a live recognizer. */
  #hearChunk({ audio, sampleRateHz, sequence }: ChunkMessage): void {
    if (!this.#takesSpeech()) return;
    if (sequence === 0) this.#withdrawEarly();
    else if (this.#early === null) return;
    this.#early ??= this.#openEarly();
    this.#early.hear(toUtteranceAudio(audio, sampleRateHz));
  }

  /** The caller pauses. */
  #hearProvisional(message: ProvisionalMessage): void {
    const audio = toUtteranceAudio(message.audio, message.sampleRateHz);
    if (!this.#takesSpeech() || !mayBeSpeech(audio, message.voicedMs)) return;
    this.#withdrawEarly();
    this.#early = this.#openEarly();
    this.#early.endProvisionally(audio);
    this.#parts.onSpeculated();
  }

  #hearUtterance(message: UtteranceMessage): void {
    if (!this.#takesSpeech()) return;
    const audio = toUtteranceAudio(message.audio, message.sampleRateHz);
    if (!mayBeSpeech(audio, message.voicedMs)) {
      releaseAudio(audio);
      this.#withdrawEarly();
      if (!this.#isAnswerOnItsWay()) this.#settle({ kind: 'not.understood', listenId: this.listenId });
      return;
    }
    this.#heard?.withdraw();
    this.#reading?.abort();
    this.#reading = null;
    this.#heard = this.#early ?? this.#openEarly();
    this.#early = null;
    this.#parts.onTurnTaken(message.cut);
    this.#heard.finish(audio);
  }

  /** A key that the question cannot be answered with, or that comes too late, is dropped. */
  hearDigit(digit: string): void {
    const { maxDigits, terminator, interDigitMs } = this.#action.expect.keypad;
    if (this.#settled || maxDigits < 1 || !DIGIT.test(digit)) return;
    if (digit === terminator && this.#digits === '') return;
    if (this.#isAnswerOnItsWay()) this.#parts.onTurnWithdrawn();
    this.#withdrawSpeech();
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
  #hearNothing(): void {
    if (!this.#isAnswerOnItsWay() && this.#digits === '') {
      this.#settle({ kind: 'no.input', listenId: this.listenId });
    }
  }

  /** Aborts and forgets everything; nothing is reported. Idempotent. */
  close(): void {
    this.#settled = true;
    this.#withdrawSpeech();
    if (this.#digitTimer !== null) this.#parts.clock.clearTimer(this.#digitTimer);
    if (this.#deadlineTimer !== null) this.#parts.clock.clearTimer(this.#deadlineTimer);
    this.#digitTimer = null;
    this.#deadlineTimer = null;
  }

  #takesSpeech(): boolean {
    return !this.#settled && this.#digits === '';
  }

  #isAnswerOnItsWay(): boolean {
    return this.#heard !== null || this.#reading !== null;
  }

  #openEarly(): HeardSpeech {
    const { kind, language, keywords } = this.#action.expect;
    const speech: HeardSpeech = new HeardSpeech(
      this.#parts.recognizer,
      { kind, language, keywords },
      (outcome) => {
        if (this.#heard === speech && !this.#settled) this.#parts.enter(() => this.#takeOutcome(outcome));
      },
    );
    return speech;
  }

  #withdrawEarly(): void {
    this.#early?.withdraw();
    this.#early = null;
  }

  #withdrawSpeech(): void {
    this.#withdrawEarly();
    this.#heard?.withdraw();
    this.#heard = null;
    this.#reading?.abort();
    this.#reading = null;
  }

  #takeOutcome(outcome: SpeechOutcome): void {
    this.#heard = null;
    if (outcome.kind === 'transcript') {
      this.#takeTranscript(outcome.transcript);
    } else {
      this.#parts.onRecognizerFailed(outcome.thrown);
      this.#settle({ kind: 'recognizer.failed', listenId: this.listenId });
    }
  }

  #takeTranscript(transcript: Transcript): void {
    const text = transcript.text.trim();
    const { listenId } = this;
    if (text === '') {
      this.#settle({ kind: 'not.understood', listenId });
      return;
    }
    const reading = new AbortController();
    const understanding = this.#parts.understand(text, reading.signal);
    if (understanding === null) {
      this.#settle({ kind: 'answered', listenId, by: 'speech', text });
      return;
    }
    this.#reading = reading;
    void understanding.then((understood) => {
      if (this.#reading !== reading || this.#settled) return;
      const answered = { kind: 'answered', listenId, by: 'speech', text } as const;
      this.#parts.enter(() => this.#settle(understood === null ? answered : { ...answered, understood }));
    });
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
    // An answer on its way has a deadline of its own, and settles by it: `#hearNothing` leaves it alone.
    this.#deadlineTimer = clock.setTimer(delayMs, () => enter(() => this.#hearNothing()));
  }
}
