/** The clock of one call, through its journal: time stands still while something is served, and timers come in. Call worker. */
import type { Clock, Timer } from '../clock.ts';
import type { Journal } from '../journal/journal.ts';

interface JournaledTimer extends Timer {
  readonly number: number;
  readonly callback: () => void;
}

export class JournaledClock implements Clock {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #wallOriginMs: number;
  readonly #pending = new Map<number, { readonly timer: JournaledTimer; readonly inner: Timer }>();
  #nextNumber = 0;

  /** `wallOriginMs`: the wall clock when the journal's time was 0. */
  constructor(journal: Journal, clock: Clock, wallOriginMs: number) {
    this.#journal = journal;
    this.#clock = clock;
    this.#wallOriginMs = wallOriginMs;
  }

  nowMs(): number {
    return this.#journal.nowMs;
  }

  /** By the monotonic clock: a wall clock that is set during the call is not followed. */
  wallMs(): number {
    return Math.round(this.#wallOriginMs + this.#journal.nowMs);
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const number = this.#nextNumber++;
    const timer: JournaledTimer = { number, callback, dueAtMs: this.#journal.nowMs + delayMs };
    const inner = this.#clock.setTimer(delayMs, () => this.run(number));
    this.#pending.set(number, { timer, inner });
    return timer;
  }

  clearTimer(timer: Timer): void {
    const { number } = timer as JournaledTimer;
    const pending = this.#pending.get(number);
    if (pending === undefined) return;
    this.#pending.delete(number);
    this.#clock.clearTimer(pending.inner);
  }

  /** When it is due; null: it is not pending, or there is none of this number. */
  dueAtMs(number: number): number | null {
    return this.#pending.get(number)?.timer.dueAtMs ?? null;
  }

  /** What the clock does when the timer is due. */
  run(number: number): void {
    const pending = this.#pending.get(number);
    if (pending === undefined) return;
    this.#pending.delete(number);
    const { callback, dueAtMs } = pending.timer;
    this.#journal.enter({ kind: 'timer', timer: number, dueAtMs }, callback);
  }
}
