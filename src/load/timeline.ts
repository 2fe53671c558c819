/**
 * A run over time, for the plots: a point each second, and of a long run each few. Never more points than a plot has
 * columns: when they are all there, every second one goes and the rest come half as often.
 */
export interface TimelinePoint {
  /** Since the first call. */
  readonly atMs: number;
  readonly live: number;
  readonly offered: number;
  readonly refused: number;
  readonly turnP50Ms: number;
  readonly turnP99Ms: number;
  readonly latenessP99Ms: number;
  /** Of one core, 0 to the number of cores. */
  readonly serverCpuRatio: number;
  readonly serverResidentBytes: number;
  readonly loopDelayP99Ms: number;
  /** Senders, the stand-in and this process together. */
  readonly generatorCpuRatio: number;
  /** Taken by the machine's host, of all cores together; 0 after the hold. */
  readonly stolenCpuRatio: number;
}

const POINTS_MAX = 1200;

export class Timeline {
  #points: TimelinePoint[] = [];
  #every = 1;
  #seen = 0;

  add(point: TimelinePoint): void {
    if (this.#seen++ % this.#every === 0) this.#points.push(point);
    if (this.#points.length < POINTS_MAX) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    this.#every *= 2;
  }

  points(): readonly TimelinePoint[] {
    return this.#points;
  }
}
