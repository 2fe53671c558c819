/**
 * Durations, counted by how long they were: a few numbers that one thread adds to and any thread reads. Over shared memory
 * where the reader is another thread: no message is sent, and nobody is woken. Any thread.
 *
 *   cells   bucket 0 .. bucket 15   beyond the last bound   sum, ms
 *
 * The reader may see the count of a duration and not yet its sum: a scrape is no audit.
 */

/** Upper ends, inclusive, ms. The limits that calls are held to (20, 50, 150) are among them, and what callers wait for an answer. */
export const BOUNDS_MS: readonly number[] = [
  1, 2.5, 5, 10, 20, 50, 100, 150, 250, 500, 750, 1000, 1500, 2500, 5000, 10_000,
];
const SUM = BOUNDS_MS.length + 1;
export const HISTOGRAM_CELLS = SUM + 1;

export class Histogram {
  readonly #cells: Float64Array;

  /** `cells`: `HISTOGRAM_CELLS` of them, zero at first. */
  constructor(cells: Float64Array = new Float64Array(HISTOGRAM_CELLS)) {
    this.#cells = cells;
  }

  /** Allocates nothing. A negative duration counts as none. */
  observeMs(durationMs: number): void {
    const positiveMs = durationMs > 0 ? durationMs : 0;
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && positiveMs > BOUNDS_MS[bucket]!) bucket++;
    this.#cells[bucket]! += 1;
    this.#cells[SUM]! += positiveMs;
  }

  /** Of each bucket alone, the one beyond the last bound too. */
  get counts(): readonly number[] {
    return [...this.#cells.subarray(0, SUM)];
  }

  get sumMs(): number {
    return this.#cells[SUM]!;
  }
}
