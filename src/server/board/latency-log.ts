/**
 * How long callers waited today, as quantiles: counted by durations that grow by 5 %, so that a day costs 2 KB and a quantile
 * is at most that much too high. Begins anew at local midnight. I/O thread.
 */
import type { Clock } from '../../clock.ts';

const GROWTH = 1.05;
/** Up to 1.05^240 ms: two minutes. What took longer counts as that. */
const STEPS = 241;

export class LatencyLog {
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #counts = new Uint32Array(STEPS);
  #total = 0;
  #day = '';

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.#clock = clock;
  }

  add(durationMs: number): void {
    this.#turnDay();
    const step = Math.ceil(Math.log(Math.max(1, durationMs)) / Math.log(GROWTH));
    this.#counts[Math.min(step, STEPS - 1)]! += 1;
    this.#total += 1;
  }

  /** Null when there was none today. */
  quantilesMs(): { readonly p50: number; readonly p95: number; readonly p99: number } | null {
    this.#turnDay();
    if (this.#total === 0) return null;
    return { p50: this.#atMs(0.5), p95: this.#atMs(0.95), p99: this.#atMs(0.99) };
  }

  #atMs(ratio: number): number {
    let left = Math.ceil(this.#total * ratio);
    const step = this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return Math.round(GROWTH ** step);
  }

  #turnDay(): void {
    const day = new Date(this.#clock.wallMs()).toDateString();
    if (day === this.#day) return;
    this.#day = day;
    this.#counts.fill(0);
    this.#total = 0;
  }
}
