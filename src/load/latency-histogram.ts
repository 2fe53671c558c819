/**
 * Durations in fixed buckets: 64 an octave above 1 ms, each 1.1 % wide, up to a minute; below, steps of 1/64 ms. The same
 * memory for ten values or ten million. What is below 0 (an answer that began early) counts in the first bucket.
 */
export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Where a bucket begins, and how many values are in it. */
export type LatencyBucket = readonly [fromMs: number, count: number];

const STEPS = 64;
const OCTAVES = 16;
const BUCKETS = STEPS + STEPS * OCTAVES;

export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  add(durationMs: number): void {
    this.#counts[bucketOf(durationMs)]! += 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, durationMs);
  }

  /** The value that `ratio` of all are at or below, to a bucket; 0 where there are none. */
  percentile(ratio: number): number {
    const rank = Math.max(1, Math.ceil(ratio * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return Math.min(this.#maxMs, fromMsOf(bucket + 1));
    }
    return 0;
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      p50Ms: this.percentile(0.5),
      p90Ms: this.percentile(0.9),
      p99Ms: this.percentile(0.99),
      maxMs: this.#maxMs,
    };
  }

  /** Those that hold something, in order. */
  buckets(): LatencyBucket[] {
    const filled: LatencyBucket[] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) filled.push([fromMsOf(bucket), count]);
    });
    return filled;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
  }
}

function bucketOf(durationMs: number): number {
  if (!(durationMs > 0)) return 0;
  if (durationMs < 1) return Math.floor(durationMs * STEPS);
  return Math.min(BUCKETS - 1, STEPS + Math.floor(Math.log2(durationMs) * STEPS));
}

function fromMsOf(bucket: number): number {
  return bucket <= STEPS ? bucket / STEPS : 2 ** ((bucket - STEPS) / STEPS);
}
