/**
 * Gives any recognizer a deadline over the whole exchange, from `end` to the transcript, and an answer that can be
 * trusted in form: a string of bounded length. It is not a retry or a chain of vendors. Runs in the call workers.
 */
import type { PcmAudio } from '../audio/audio-format.ts';
import type { Clock, Timer } from '../clock.ts';
import { DeadlineError, ProviderError } from '../errors.ts';
import type { Recognition, Recognizer, SpeechExpectation, Transcript } from './recognizer.ts';

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
    this.#inner = recognizer.open(expectation, this.#abort.signal);
  }

  push(audio: PcmAudio): void {
    this.#inner.push(audio);
  }

  end(): Promise<Transcript> {
    const outer = this.#outerSignal;
    return new Promise((resolve, reject) => {
      let timer: Timer | null = null;
      const settle = (): void => {
        if (timer !== null) this.#clock.clearTimer(timer);
        outer.removeEventListener('abort', onAbort);
      };
      const giveUp = (reason: unknown): void => {
        settle();
        this.#abort.abort(reason);
        reject(reason);
      };
      const onAbort = (): void => giveUp(outer.reason);
      if (outer.aborted) {
        onAbort();
        return;
      }
      outer.addEventListener('abort', onAbort);
      timer = this.#clock.setTimer(this.#deadlineMs, () =>
        giveUp(
          new DeadlineError(`Expected a transcript from ${this.#provider} within ${this.#deadlineMs} ms`),
        ),
      );
      // A result that comes after giving up settles a settled promise: nothing.
      this.#inner.end().then(
        (transcript) => {
          settle();
          if (isUsable(transcript)) resolve(transcript);
          else reject(unusable(this.#provider));
        },
        (error: unknown) => {
          settle();
          reject(error);
        },
      );
    });
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
