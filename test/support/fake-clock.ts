/** A clock that stands still until `advanceMs`. Timers run in order of their due time, as they would have. */
import type { Clock, Timer } from '../../src/clock.ts';

interface FakeTimer extends Timer {
  readonly order: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 0;
  #wallOriginMs: number;
  #order = 0;
  #timers: FakeTimer[] = [];

  constructor(wallOriginMs = Date.UTC(2026, 10, 22)) {
    this.#wallOriginMs = wallOriginMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallOriginMs + this.#nowMs;
  }

  /** Moves the wall clock alone, as an operator or NTP does. */
  shiftWallMs(byMs: number): void {
    this.#wallOriginMs += byMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: FakeTimer = { dueAtMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.push(timer);
    return timer;
  }

  clearTimer(timer: Timer): void {
    this.#timers = this.#timers.filter((pending) => pending !== timer);
  }

  /** Timers that have neither run nor been cleared. */
  pendingTimers(): number {
    return this.#timers.length;
  }

  advanceMs(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#timers
        .filter((timer) => timer.dueAtMs <= untilMs)
        .sort((a, b) => a.dueAtMs - b.dueAtMs || a.order - b.order)[0];
      if (due === undefined) break;
      this.clearTimer(due);
      this.#nowMs = Math.max(this.#nowMs, due.dueAtMs);
      due.callback();
    }
    this.#nowMs = untilMs;
  }
}
