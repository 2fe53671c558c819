/**
 * The wheel's timers of one stream, through its journal: numbered in the order of their making, and their runs come in like
 * anything else. Their times are the stream's, from its opening. I/O thread.
 */
import type { Journal } from '../journal/journal.ts';
import type { WheelTimer, WheelTimers } from './timer-wheel.ts';

class JournaledTimer implements WheelTimer {
  readonly callback: () => void;
  readonly inner: WheelTimer;
  dueAtMs = 0;
  pending = false;

  constructor(callback: () => void, inner: (timer: JournaledTimer) => WheelTimer) {
    this.callback = callback;
    this.inner = inner(this);
  }
}

export class JournaledTimers implements WheelTimers {
  readonly #journal: Journal;
  readonly #wheel: WheelTimers;
  readonly #originAtMs: number;
  readonly #timers: JournaledTimer[] = [];

  /** `originAtMs`: the stream's opening on the wheel's clock. */
  constructor(journal: Journal, wheel: WheelTimers, originAtMs: number) {
    this.#journal = journal;
    this.#wheel = wheel;
    this.#originAtMs = originAtMs;
  }

  createTimer(callback: () => void): WheelTimer {
    const number = this.#timers.length;
    const timer = new JournaledTimer(callback, () => this.#wheel.createTimer(() => this.run(number)));
    this.#timers.push(timer);
    return timer;
  }

  startAt(timer: WheelTimer, atMs: number): void {
    const journaled = timer as JournaledTimer;
    journaled.dueAtMs = atMs;
    journaled.pending = true;
    this.#wheel.startAt(journaled.inner, this.#originAtMs + atMs);
  }

  start(timer: WheelTimer, delayMs: number): void {
    this.startAt(timer, this.#journal.nowMs + delayMs);
  }

  stop(timer: WheelTimer): void {
    const journaled = timer as JournaledTimer;
    journaled.pending = false;
    this.#wheel.stop(journaled.inner);
  }

  /** When it is due; null: it is not pending, or there is none of this number. */
  dueAtMs(number: number): number | null {
    const timer = this.#timers[number];
    return timer?.pending === true ? timer.dueAtMs : null;
  }

  /** What the wheel does when the timer is due. */
  run(number: number): void {
    const timer = this.#timers[number];
    if (timer === undefined) return;
    const { callback, dueAtMs } = timer;
    this.#journal.enter({ kind: 'timer', timer: number, dueAtMs }, () => {
      timer.pending = false;
      callback();
    });
  }
}
