/**
 * How late the event loop was over the last minute, out of a histogram that counts since the start: what it counts now, less
 * what it counted a minute ago. While nobody watches nothing is done. I/O thread.
 */
import { BOUNDS_MS, type Histogram } from '../../meter/histogram.ts';

const SPAN_MS = 60_000;
const MARK_EVERY_MS = 5000;

export class RecentDelay {
  readonly #histogram: Pick<Histogram, 'counts'>;
  #marks: { readonly atMs: number; readonly counts: readonly number[] }[] = [];

  constructor(histogram: Pick<Histogram, 'counts'>) {
    this.#histogram = histogram;
  }

  /** Upper bounds of what was measured; 0 where nothing was. For the first minute it tells of all that was since the last look. */
  look(nowMs: number): { readonly p50: number; readonly p99: number } {
    const { counts } = this.#histogram;
    // The last mark that is older than the span is where the span begins.
    while (this.#marks.length > 1 && this.#marks[1]!.atMs <= nowMs - SPAN_MS) this.#marks.shift();
    const before = this.#marks[0]?.counts;
    const recent = counts.map((count, index) => count - (before?.[index] ?? 0));
    if (nowMs - (this.#marks.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) >= MARK_EVERY_MS)
      this.#marks.push({ atMs: nowMs, counts });
    return { p50: quantileMs(recent, 0.5), p99: quantileMs(recent, 0.99) };
  }
}

function quantileMs(counts: readonly number[], ratio: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  let left = Math.ceil(total * ratio);
  const bucket = counts.findIndex((count) => {
    left -= count;
    return left <= 0;
  });
  return BOUNDS_MS[bucket] ?? BOUNDS_MS.at(-1)!;
}
