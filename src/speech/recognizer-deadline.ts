/**
 * Gives any recognizer a deadline over the whole exchange, from `end` to the transcript, and an answer that can be
 * trusted in form: a string of bounded length. It is not a retry or a chain of vendors. Runs in the call workers.
 */
import type { PcmAudio } from '../audio/audio-format.ts';
import type { Clock } from '../clock.ts';
import { ProviderError } from '../errors.ts';
import type { Recognition, Recognizer, SpeechExpectation, Transcript } from './recognizer.ts';
import { within } from './resilience/within.ts';

/** Nobody says more to one question; a vendor that sends more has gone wrong, and its text is no answer. */
const TRANSCRIPT_CHARACTERS_MAX = 2000;

/** `end()` settles within `deadlineMs` or at the signal's abort, also when `recognizer` heeds neither. */
export function withDeadline(recognizer: Recognizer, deadlineMs: number, clock: Clock): Recognizer {
  return {
    provider: recognizer.provider,
    isLive: recognizer.isLive,
    open: (expectation, signal) => new TimedRecognition(recognizer, expectation, signal, deadlineMs, clock),
  };
}

class TimedRecognition implements Recognition {
  readonly #provider: string;
  readonly #inner: Recognition;
  readonly #outerSignal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #deadlineMs: number;
  readonly #clock: Clock;

  constructor(
    recognizer: Recognizer,
    expectation: SpeechExpectation,
    signal: AbortSignal,
    deadlineMs: number,
    clock: Clock,
  ) {
    this.#provider = recognizer.provider;
    this.#outerSignal = signal;
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
    // A caller who hangs up while a live recognizer still listens: nobody will call `end`.
    signal.addEventListener('abort', () => this.#abort.abort(signal.reason), {
      once: true,
      signal: this.#abort.signal,
    });
    this.#inner = recognizer.open(expectation, this.#abort.signal);
  }

  push(audio: PcmAudio): void {
    this.#inner.push(audio);
  }

  async end(): Promise<Transcript> {
    const transcript = await within(
      this.#clock,
      this.#deadlineMs,
      `a transcript from ${this.#provider}`,
      (signal) => {
        signal.addEventListener('abort', () => this.#abort.abort(signal.reason), { once: true });
        return this.#inner.end();
      },
      this.#outerSignal,
    );
    if (!isUsable(transcript)) throw unusable(this.#provider);
    return transcript;
  }
}

function isUsable(transcript: Transcript): boolean {
  return typeof transcript?.text === 'string' && transcript.text.length <= TRANSCRIPT_CHARACTERS_MAX;
}

function unusable(provider: string): ProviderError {
  return new ProviderError(
    `Expected a transcript of at most ${TRANSCRIPT_CHARACTERS_MAX} characters from ${provider}, received none or a longer one`,
    { provider, fault: 'unusable' },
  );
}
