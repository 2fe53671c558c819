/**
 * What turns a caller's speech into words. One implementation a vendor, each in its folder; `builtin/` needs nothing.
 * Runs in the call workers.
 */
import type { PcmAudio } from '../audio/audio-format.ts';
import type { CallId } from '../channel/messages.ts';
import type { ErrorRecord } from '../errors.ts';

/** What the question expects: a hint for the vendor, never a promise. */
export interface SpeechExpectation {
  readonly kind: 'yes-no' | 'choice' | 'number' | 'digits';
  /** BCP 47, as `en` or `en-US`. */
  readonly language: string;
  /** Words that the question can be answered with, for vendors that take them. */
  readonly keywords: readonly string[];
}

export interface Transcript {
  /** Empty when nothing was understood. */
  readonly text: string;
  /** 0 to 1, or null where the vendor gives none. */
  readonly confidence: number | null;
  readonly provider: string;
}

/** One exchange with one vendor, as whoever keeps a record of it wants it. */
export interface RecognizerTry {
  readonly provider: string;
  /** `skipped`: it is known to be down, or had no place for one more, and was not asked. */
  readonly outcome: 'ok' | 'failed' | 'late' | 'withdrawn' | 'skipped';
  readonly durationMs: number;
  readonly error: ErrorRecord | null;
}

/** One utterance on its way to a transcript. */
export interface Recognition {
  /** Takes audio in order. Nobody writes to the array afterwards; others may read it. */
  push(audio: PcmAudio): void;
  /** No more audio. Rejects with ProviderError, DeadlineError, or the abort reason of the signal. Call once. */
  end(): Promise<Transcript>;
  /** What was tried so far, where more than one vendor may be. */
  readonly tries?: readonly RecognizerTry[];
}

export interface Recognizer {
  readonly provider: string;
  /** It works while the caller speaks, so audio is worth sending in pieces; else it waits for `end`. */
  readonly isLive: boolean;
  open(expectation: SpeechExpectation, signal: AbortSignal): Recognition;
  /** The same as one call has it, where calls share what is bounded. */
  forCall?(callId: CallId): Recognizer;
}
