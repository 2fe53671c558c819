/** The meters of all threads of this process, by name. One that is started again goes on with the meter of the one before it. I/O thread. */
import type { Histogram } from '../meter/histogram.ts';
import { ThreadMeter } from '../meter/thread-meter.ts';

type HistogramName = Parameters<ThreadMeter['of']>[0];
type CounterName = Parameters<ThreadMeter['read']>[0];

export class MeterBoard {
  readonly #meters = new Map<string, ThreadMeter>();

  /** `thread`: one of a few names. */
  of(thread: string): ThreadMeter {
    const known = this.#meters.get(thread);
    if (known !== undefined) return known;
    const meter = new ThreadMeter();
    this.#meters.set(thread, meter);
    return meter;
  }

  threads(): readonly (readonly [name: string, meter: ThreadMeter])[] {
    return [...this.#meters];
  }

  /** Of every thread. */
  histograms(name: HistogramName): readonly Histogram[] {
    return [...this.#meters.values()].map((meter) => meter.of(name));
  }

  total(name: CounterName): number {
    return [...this.#meters.values()].reduce((sum, meter) => sum + meter.read(name), 0);
  }
}
