/** The resampler through JavaScript, 20 ms at a time, against linear interpolation in JavaScript. */
import type { Addon } from '../../src/audio/addon-types.ts';
import { measure, type Timing } from './measure.ts';

export const PAIRS = [
  [16_000, 8000],
  [8000, 16_000],
  [24_000, 8000],
  [44_100, 8000],
  [48_000, 8000],
  [48_000, 16_000],
  [16_000, 48_000],
] as const;

function noise(count: number): Int16Array {
  return Int16Array.from({ length: count }, (_, at) => Math.imul(at + 1, 40_503) >> 1);
}

export function measureResampler(addon: Addon): Timing[] {
  return PAIRS.map(([fromHz, toHz]) => {
    const resampler = new addon.Resampler(fromHz, toHz);
    const input = noise(fromHz / 50);
    const output = new Int16Array(resampler.maxOutputSamples(input.length));
    return measure(`resample ${fromHz} to ${toHz}`, toHz / 50, () => resampler.process(input, output));
  });
}

/** No filter at all: what it costs to have every alias. */
export function measureLinear(): Timing[] {
  return PAIRS.map(([fromHz, toHz]) => {
    const input = noise(fromHz / 50 + 1);
    const output = new Int16Array(toHz / 50);
    const step = fromHz / toHz;
    return measure(`linear interpolation ${fromHz} to ${toHz}`, output.length, () => {
      for (let at = 0; at < output.length; at++) {
        const place = at * step;
        const index = place | 0;
        const here = input[index]!;
        output[at] = here + (input[index + 1]! - here) * (place - index);
      }
    });
  });
}
