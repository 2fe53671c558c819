/**
 * Today's numbers, out of the store: looked for only when somebody wants them, at most every 5 s, in slices with a pause
 * after each, so that commits never wait for long. Calls that can change no more are counted once. I/O thread.
 *
 *     midnight ---- settled: counted once, kept ----> border ---- counted anew each time ----> now
 */
import type { CallPlace, TallySlice, TallySpan } from '../../channel/store-messages.ts';
import type { Clock } from '../../clock.ts';
import { toErrorRecord } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { DayTotals } from './day-totals.ts';

const LOOK_EVERY_MS = 5000;
/** Counted in some 10 ms. */
const SLICE_CALLS = 500;
const PAUSE_MS = 20;
/** Of one look: what a day has more comes with the next ones. */
const SLICES_MAX = 200;
/** After its longest life a call may be marked as lost, at a look that comes every 30 s. */
const MARKED_WITHIN_MS = 60_000;

export interface DayTallyParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Rejects when the store cannot tell. */
  readonly tally: (span: TallySpan) => Promise<TallySlice>;
  /** A call that began so long ago is over. */
  readonly callLifeMs: number;
}

export class DayTally {
  readonly #parts: DayTallyParts;
  #dayAtWallMs = 0;
  #settled = new DayTotals();
  /** Up to where. */
  #settledPlace: CallPlace | null = null;
  #settledUntilMs = 0;
  #shown = new DayTotals();
  #running: Promise<void> | null = null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #hasFailed = false;

  constructor(parts: DayTallyParts) {
    this.#parts = parts;
  }

  /** As they were at the last look of today. */
  get totals(): DayTotals {
    return midnightBefore(this.#parts.clock.wallMs()) === this.#dayAtWallMs ? this.#shown : new DayTotals();
  }

  /** Resolves when they are at most 5 s old, or could not be had. Never rejects. */
  look(): Promise<void> {
    const { clock, log } = this.#parts;
    if (this.#running !== null) return this.#running;
    if (clock.nowMs() - this.#lookedAtMs < LOOK_EVERY_MS) return Promise.resolve();
    this.#running = this.#count()
      .then(
        () => {
          this.#hasFailed = false;
        },
        (thrown: unknown) => {
          const err = toErrorRecord(thrown);
          if (!this.#hasFailed) log.warn({ event: 'board.stale', err }, "today's calls could not be counted");
          this.#hasFailed = true;
        },
      )
      .finally(() => {
        this.#lookedAtMs = clock.nowMs();
        this.#running = null;
      });
    return this.#running;
  }

  async #count(): Promise<void> {
    const nowWallMs = this.#parts.clock.wallMs();
    const dayAtWallMs = midnightBefore(nowWallMs);
    if (dayAtWallMs !== this.#dayAtWallMs) this.#beginDay(dayAtWallMs);
    const borderMs = nowWallMs - this.#parts.callLifeMs - MARKED_WITHIN_MS;
    if (borderMs > this.#settledUntilMs) {
      const span = { sinceWallMs: this.#settledUntilMs, untilWallMs: borderMs };
      const isWhole = await this.#each(span, this.#settledPlace, (slice) => {
        this.#settled.add(slice);
        this.#settledPlace = slice.next;
      });
      // What lies behind would be counted twice.
      if (!isWhole) {
        this.#shown = DayTotals.sum(this.#settled);
        return;
      }
      this.#settledUntilMs = borderMs;
    }
    const recent = new DayTotals();
    const span = { sinceWallMs: this.#settledUntilMs, untilWallMs: nowWallMs + 1 };
    await this.#each(span, null, (slice) => recent.add(slice));
    this.#shown = DayTotals.sum(this.#settled, recent);
  }

  /** False when there are more than one look takes. */
  async #each(
    span: { readonly sinceWallMs: number; readonly untilWallMs: number },
    from: CallPlace | null,
    take: (slice: TallySlice) => void,
  ): Promise<boolean> {
    const { clock, tally } = this.#parts;
    let after = from;
    for (let slices = 0; slices < SLICES_MAX; slices++) {
      const slice = await tally({ ...span, after, limit: SLICE_CALLS });
      take(slice);
      if (slice.next === null) return true;
      after = slice.next;
      await new Promise<void>((resolve) => {
        clock.setTimer(PAUSE_MS, resolve);
      });
    }
    return false;
  }

  #beginDay(dayAtWallMs: number): void {
    this.#dayAtWallMs = dayAtWallMs;
    this.#settled = new DayTotals();
    this.#settledPlace = null;
    this.#settledUntilMs = dayAtWallMs;
    this.#shown = new DayTotals();
  }
}

/** Of this machine's time zone. */
function midnightBefore(wallMs: number): number {
  return new Date(wallMs).setHours(0, 0, 0, 0);
}
