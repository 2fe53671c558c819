/**
 * How much one peer may send in one second. Counts only; the stream's own beat calls `secondPassed`, so the media path
 * reads no clock. I/O thread.
 */

/** 60 s of audio that a network held back arrive as 3,000 messages at once and must pass: 3,000 < 5,000. */
const MESSAGES_PER_SECOND_MAX = 5000;
/** As many of Twilio's messages have 2 MB. In longer payloads that is 3 min of audio, which cost 50 ms to hear. */
const BYTES_PER_SECOND_MAX = 2 * 1024 * 1024;
/** Twilio sends a handful. */
const PARSED_PER_SECOND_MAX = 200;
/** A parse of 64 KiB of nested brackets takes 6 ms (measured). The longest `start` has 50 KB, 200 marks have 40. */
const PARSED_BYTES_PER_SECOND_MAX = 128 * 1024;
/** Fingers make five; the call plane pays for each. */
const DIGITS_PER_SECOND_MAX = 20;

export class FloodGuard {
  #messages = 0;
  #bytes = 0;
  #parsed = 0;
  #parsedBytes = 0;
  #digits = 0;

  /** A message or ping came. False: the peer floods us, and the stream is to end. */
  admitMessage(bytes: number): boolean {
    this.#bytes += bytes;
    return ++this.#messages <= MESSAGES_PER_SECOND_MAX && this.#bytes <= BYTES_PER_SECOND_MAX;
  }

  /** So many short messages were taken directly. False as above. */
  admitDirect(messages: number): boolean {
    this.#messages += messages;
    return this.#messages <= MESSAGES_PER_SECOND_MAX;
  }

  /** A message needs the full parser. False: ignore it; a shorter one may still be read. */
  admitParse(bytes: number): boolean {
    if (++this.#parsed > PARSED_PER_SECOND_MAX) return false;
    if (this.#parsedBytes + bytes > PARSED_BYTES_PER_SECOND_MAX) return false;
    this.#parsedBytes += bytes;
    return true;
  }

  /** A digit came. False: ignore it. */
  admitDigit(): boolean {
    return ++this.#digits <= DIGITS_PER_SECOND_MAX;
  }

  secondPassed(): void {
    this.#messages = 0;
    this.#bytes = 0;
    this.#parsed = 0;
    this.#parsedBytes = 0;
    this.#digits = 0;
  }
}
