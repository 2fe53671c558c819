/**
 * No state of a call waits for ever, also one that a flow's author or a silent media plane left with nothing to wait for.
 * Call worker; `Call` owns it.
 */
import type { Clock, Timer } from '../clock.ts';

/** What is playing must have ended by then: prompts are at most 120 s. */
const PLAYING_MAX_MS = 125_000;
const NOTHING_TO_COME_MS = 5_000;

export class DeadEnd {
  readonly #clock: Clock;
  readonly #onReached: () => void;
  #timer: Timer | null = null;

  constructor(clock: Clock, onReached: () => void) {
    this.#clock = clock;
    this.#onReached = onReached;
  }

  /** With neither a question nor an end in sight. Watches from now on, in place of what it watched before. */
  watch(isPlaying: boolean): void {
    this.stop();
    this.#timer = this.#clock.setTimer(isPlaying ? PLAYING_MAX_MS : NOTHING_TO_COME_MS, this.#onReached);
  }

  /** Idempotent. */
  stop(): void {
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
  }
}
