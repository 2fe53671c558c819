/**
 * Lets the frames of many streams share one wake-up of the I/O thread. Each of a thousand streams sends a frame every 20 ms, at
 * its own instant, so a loop that waits for the next event wakes for nearly every frame; woken at most once in 2 ms it takes a
 * hundred at a time. Fewer streams wait a little longer, so that a wake-up is worth its cost; few are served the moment something
 * comes. I/O thread.
 */
import type { Clock, Timer } from '../clock.ts';

/** Costs a frame 1 ms more on average: a twentieth of its own length. */
const PERIOD_MIN_US = 2000;
/** Of a quarter of a frame's length on, callers could tell. */
const PERIOD_MAX_US = 5000;
/** A wake-up costs as much as some ten frames. More of them in one would save little more. */
const FRAMES_A_WAKE_UP = 20;
const FRAMES_A_SECOND = 50;
/** Their 3,200 frames a second would be 3,200 wake-ups; 200 of them cost more than they save below. */
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
  #periodUs = 0;

  constructor(of: LoopPaceOf) {
    this.#of = of;
    this.#timer = this.#look();
  }

  /** The loop goes as by itself. Idempotent. */
  close(): void {
    this.#of.clock.clearTimer(this.#timer);
    this.#pollEvery(0);
  }

  #look(): Timer {
    return this.#of.clock.setTimer(LOOK_MS, () => {
      this.#pollEvery(periodUsFor(this.#of.streams()));
      this.#timer = this.#look();
    });
  }

  #pollEvery(periodUs: number): void {
    if (periodUs === this.#periodUs) return;
    this.#periodUs = periodUs;
    this.#of.pollEvery(periodUs);
  }
}

/** In whole milliseconds, so that a call more or less changes nothing. */
function periodUsFor(streams: number): number {
  if (streams < STREAMS_MIN) return 0;
  const wantedMs = (FRAMES_A_WAKE_UP / (streams * FRAMES_A_SECOND)) * 1000;
  return Math.min(PERIOD_MAX_US, Math.max(PERIOD_MIN_US, Math.round(wantedMs) * 1000));
}
