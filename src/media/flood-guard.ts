/**
 * How much one peer may send in one second. Counts only; the stream's own beat calls `secondPassed`, so the media path
 * reads no clock. I/O thread.
 */

/** 60 s of audio that a network held back arrive as 3,000 messages at once and must pass: 3,000 < 5,000. */
const MESSAGES_PER_SECOND_MAX = 5000;
/** Twilio sends a handful; a parse of 64 KiB costs up to a millisecond. */
const PARSED_PER_SECOND_MAX = 200;
/** Fingers make five; the call plane pays for each. */
const DIGITS_PER_SECOND_MAX = 20;

export class FloodGuard {
  #messages = 0;
  #parsed = 0;
  #digits = 0;

  /** A message or ping came. False: the peer floods us, and the stream is to end. */
  admitMessage(): boolean {
    return ++this.#messages <= MESSAGES_PER_SECOND_MAX;
  }

  /** A message needs the full parser. False: ignore it. */
  admitParse(): boolean {
    return ++this.#parsed <= PARSED_PER_SECOND_MAX;
  }

  /** A digit came. False: ignore it. */
  admitDigit(): boolean {
    return ++this.#digits <= DIGITS_PER_SECOND_MAX;
  }

  secondPassed(): void {
    this.#messages = 0;
    this.#parsed = 0;
    this.#digits = 0;
  }
}
