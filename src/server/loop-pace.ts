/**
 * Lets the frames of many streams share one wake-up of the I/O thread. Each of a thousand streams sends a frame every 20 ms, at
 * its own instant, so a loop that waits for the next event wakes for nearly every frame; woken at most once in 2 ms it takes a
 * hundred at a time. Few streams are served the moment something comes. I/O thread.
 */
import type { Clock, Timer } from '../clock.ts';

/** Costs a frame 1 ms more on average: a twentieth of its own length. Longer saves little more: a wake-up is shared by 100 already. */
const PERIOD_US = 2000;
/** Their 3,200 frames a second would be 3,200 wake-ups; 500 of them cost more than they save below. */
const STREAMS_MIN = 64;
const LOOK_MS = 500;

export interface LoopPaceOf {
  readonly clock: Clock;
  /** Streams that are live now. */
  readonly streams: () => number;
  /** Of the addon. */
  readonly pollEvery: (periodUs: number) => void;
}

export class LoopPace {
  readonly #of: LoopPaceOf;
  #timer: Timer;
  #isShared = false;

  constructor(of: LoopPaceOf) {
    this.#of = of;
    this.#timer = this.#look();
  }

  /** The loop goes as by itself. Idempotent. */
  close(): void {
    this.#of.clock.clearTimer(this.#timer);
    this.#share(false);
  }

  #look(): Timer {
    return this.#of.clock.setTimer(LOOK_MS, () => {
      this.#share(this.#of.streams() >= STREAMS_MIN);
      this.#timer = this.#look();
    });
  }

  #share(isShared: boolean): void {
    if (isShared === this.#isShared) return;
    this.#isShared = isShared;
    this.#of.pollEvery(isShared ? PERIOD_US : 0);
  }
}
