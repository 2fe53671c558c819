/**
 * All that one thread counts and times, in shared memory: the thread adds, and the I/O thread reads when somebody scrapes.
 * Every thread has the same cells, of which it uses its own; those of several threads are added up by their reader. Any thread.
 */
import { InvalidStateError } from '../errors.ts';
import { HISTOGRAM_CELLS, Histogram } from './histogram.ts';

const HISTOGRAMS = [
  // Every thread.
  'loopDelay',
  // I/O thread.
  'timerLateness',
  'turnLatency',
  'endpointing',
  'synthesizer',
  'firstAudio',
  // Call workers.
  'recognizer',
  'understanding',
  'step',
  'commit',
  // Voice thread, store thread.
  'synthesis',
  'transaction',
] as const;
const COUNTERS = [
  'bargeIns',
  'commitsDurable',
  'commitsDeferred',
  'transactionsFailed',
  'spansExported',
  'spansDropped',
] as const;

type HistogramName = (typeof HISTOGRAMS)[number];
type CounterName = (typeof COUNTERS)[number];

const CELLS = COUNTERS.length + HISTOGRAMS.length * HISTOGRAM_CELLS;
const MEMORY_BYTES = CELLS * Float64Array.BYTES_PER_ELEMENT;

export class ThreadMeter {
  /** To be given to the thread; 1.8 KB. */
  readonly memory: SharedArrayBuffer;
  readonly #counters: Float64Array;
  readonly #histograms: Readonly<Record<HistogramName, Histogram>>;

  /** Over what another thread's meter has, or memory of its own. Throws InvalidStateError for memory of another size. */
  constructor(memory = new SharedArrayBuffer(MEMORY_BYTES)) {
    if (memory.byteLength !== MEMORY_BYTES)
      throw new InvalidStateError(
        `Expected ${MEMORY_BYTES} bytes for a thread's meter, received ${memory.byteLength}`,
      );
    this.memory = memory;
    const cells = new Float64Array(memory);
    this.#counters = cells.subarray(0, COUNTERS.length);
    const histogramAt = (index: number): Histogram => {
      const from = COUNTERS.length + index * HISTOGRAM_CELLS;
      return new Histogram(cells.subarray(from, from + HISTOGRAM_CELLS));
    };
    this.#histograms = Object.fromEntries(
      HISTOGRAMS.map((name, index) => [name, histogramAt(index)]),
    ) as Record<HistogramName, Histogram>;
  }

  of(name: HistogramName): Histogram {
    return this.#histograms[name];
  }

  add(name: CounterName, count = 1): void {
    this.#counters[COUNTERS.indexOf(name)]! += count;
  }

  read(name: CounterName): number {
    return this.#counters[COUNTERS.indexOf(name)]!;
  }
}
