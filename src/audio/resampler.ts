/**
 * A streaming resampler whose every call returns a new array. The filter's state goes on from call to call, so the
 * output's bits do not depend on how the input was cut. Any thread; one stream each.
 */
import { addon } from './addon.ts';
import type { NativeResampler } from './addon-types.ts';
import type { SampleRateHz } from './audio-format.ts';

export class Resampler {
  readonly fromHz: SampleRateHz;
  readonly toHz: SampleRateHz;
  readonly #native: NativeResampler;

  constructor(fromHz: SampleRateHz, toHz: SampleRateHz) {
    this.fromHz = fromHz;
    this.toHz = toHz;
    this.#native = new addon.Resampler(fromHz, toHz);
  }

  /** By how many output samples the output is late. */
  get delaySamples(): number {
    return this.#native.delaySamples;
  }

  /** What `input` completes; may be empty. */
  push(input: Int16Array): Int16Array<ArrayBuffer> {
    const output = new Int16Array(this.#native.maxOutputSamples(input.length));
    return output.subarray(0, this.#native.process(input, output));
  }

  /** The last `delaySamples`, none if nothing went in; then the resampler is as new. */
  flush(): Int16Array<ArrayBuffer> {
    const output = new Int16Array(this.#native.delaySamples);
    return output.subarray(0, this.#native.flush(output));
  }

  /** Drops what the filter holds: at a stream's boundary only, never at a gap. */
  reset(): void {
    this.#native.reset();
  }
}
