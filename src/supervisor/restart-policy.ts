/**
 * Whether a server that ended is started again, and when. At once after one crash, since callers wait; later and later when
 * they come close together; never, when it is of no use. Pure but for what it remembers.
 */

export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number }
  | { readonly kind: 'give up'; readonly ends: number; readonly withinMs: number };

/** Starts in a row that were never ready: what is wrong will not mend itself. */
const FAILED_STARTS_MAX = 5;
/** Ends within this time, ready or not. */
const WINDOW_MS = 60_000;
const ENDS_MAX = 10;
/**
 * Delays before a restart, by the ends within the window. A caller waits for 50 s (five pauses of 2 s, each ask but the
 * first held for 8 s), so the longest and a slow start must fit into that.
 */
const DELAYS_MS = [0, 250, 500, 1000, 2000, 4000];

export class RestartPolicy {
  #endsAtMs: number[] = [];
  #failedStarts = 0;

  /** A server has ended, unasked. `wasReady`: callers could be served by it. */
  ended(nowMs: number, wasReady: boolean): RestartDecision {
    this.#failedStarts = wasReady ? 0 : this.#failedStarts + 1;
    this.#endsAtMs = [...this.#endsAtMs.filter((atMs) => atMs > nowMs - WINDOW_MS), nowMs];
    const ends = this.#endsAtMs.length;
    if (ends >= ENDS_MAX || this.#failedStarts >= FAILED_STARTS_MAX) {
      const first = this.#endsAtMs[0] ?? nowMs;
      return { kind: 'give up', ends, withinMs: nowMs - first };
    }
    return { kind: 'restart', delayMs: DELAYS_MS[Math.min(ends, DELAYS_MS.length) - 1] ?? 0 };
  }
}
