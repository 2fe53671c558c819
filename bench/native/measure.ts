/** One measurement by benchmark.js. Nanoseconds for each call: the median of its samples, and the fastest of them. */
import Benchmark from 'benchmark';

export interface Timing {
  readonly name: string;
  readonly samples: number;
  readonly medianNs: number;
  readonly leastNs: number;
}

const MAX_SECONDS = 0.15;

/** `samples` is what one call of `work` deals with, for rates. `work` gets a number that counts up. */
export function measure(name: string, samples: number, work: (turn: number) => unknown): Timing {
  let turn = 0;
  const bench = new Benchmark(name, () => work(turn++), { maxTime: MAX_SECONDS, minSamples: 20 });
  bench.run();
  const { error } = bench as { error?: Error };
  if (error !== undefined) throw error;
  const sorted = bench.stats.sample.toSorted((a, b) => a - b);
  return {
    name,
    samples,
    medianNs: sorted[sorted.length >> 1]! * 1e9,
    leastNs: sorted[0]! * 1e9,
  };
}
