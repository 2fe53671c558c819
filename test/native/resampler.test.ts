import { describe, expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import { SAMPLE_RATES_HZ } from '../../src/audio/audio-format.ts';
import { createRandom, whiteNoise } from '../support/signals.ts';

const pairs = SAMPLE_RATES_HZ.flatMap((fromHz) => SAMPLE_RATES_HZ.map((toHz) => [fromHz, toHz] as const));

/** Everything that comes out, flush included, when `input` goes in by pieces of `sizes` in turn. */
function resample(fromHz: number, toHz: number, input: Int16Array, sizes: readonly number[]): Int16Array {
  const resampler = new addon.Resampler(fromHz, toHz);
  const output = new Int16Array(resampler.maxOutputSamples(input.length) + resampler.delaySamples);
  let written = 0;
  for (let at = 0, turn = 0; at < input.length; turn++) {
    const piece = input.subarray(at, at + sizes[turn % sizes.length]!);
    const room = new Int16Array(resampler.maxOutputSamples(piece.length));
    const count = resampler.process(piece, room);
    output.set(room.subarray(0, count), written);
    written += count;
    at += piece.length;
  }
  return output.subarray(0, written + resampler.flush(output.subarray(written)));
}

function sine(hz: number, rateHz: number, count: number, peak = 16_000): Int16Array {
  return Int16Array.from({ length: count }, (_, at) =>
    Math.round(peak * Math.sin((2 * Math.PI * hz * at) / rateHz)),
  );
}

/** Root mean square in dB against a sine of `peak`, the ends left out. */
function levelDb(samples: Int16Array, peak = 16_000): number {
  const middle = samples.subarray(400, samples.length - 400);
  const sum = middle.reduce((total, sample) => total + sample * sample, 0);
  return 10 * Math.log10((sum / middle.length + 1e-9) / (peak * peak * 0.5));
}

describe.each(pairs)('%i to %i Hz', (fromHz, toHz) => {
  const random = createRandom(fromHz + toHz);
  const input = whiteNoise(120, -12, 5, fromHz).subarray(0, Math.floor(fromHz * 0.12));

  it('gives the same bits however the input is cut', () => {
    const whole = resample(fromHz, toHz, input, [input.length]);
    const cuts = [
      [1],
      [7],
      [Math.floor(fromHz / 50)],
      Array.from({ length: 50 }, () => 1 + Math.floor(random() * 99)),
    ];
    for (const sizes of cuts) expect(resample(fromHz, toHz, input, sizes)).toEqual(whole);
  });

  it('is late by delaySamples, at most 3 ms, and loses nothing', () => {
    const resampler = new addon.Resampler(fromHz, toHz);
    expect(resampler.delaySamples / toHz).toBeLessThanOrEqual(0.003);
    const hz = 500;
    const output = resample(fromHz, toHz, sine(hz, fromHz, fromHz / 5), [500]);
    expect(output.length).toBe(Math.ceil(((fromHz / 5) * toHz) / fromHz) + resampler.delaySamples);
    const middle = Math.floor(toHz / 10);
    for (let at = middle; at < middle + 200; at++) {
      const wanted = 16_000 * Math.sin((2 * Math.PI * hz * (at - resampler.delaySamples)) / toHz);
      expect(Math.abs(output[at]! - wanted)).toBeLessThan(6);
    }
  });
});

describe.each([
  [16_000, 8000],
  [24_000, 8000],
  [44_100, 8000],
  [48_000, 8000],
  [22_050, 8000],
])('down from %i Hz to a telephone', (fromHz, toHz) => {
  it('keeps what a telephone carries within 0.1 dB', () => {
    for (const hz of [300, 1000, 2000, 3000, 3400]) {
      expect(Math.abs(levelDb(resample(fromHz, toHz, sine(hz, fromHz, fromHz), [960])))).toBeLessThan(0.1);
    }
  });

  it('lets nothing alias below 3.4 kHz, to 75 dB', () => {
    for (const hz of [4600, 5000, 6100, 7000].filter((each) => each < fromHz / 2)) {
      expect(levelDb(resample(fromHz, toHz, sine(hz, fromHz, fromHz), [960]))).toBeLessThan(-75);
    }
  });
});

it('up from a telephone adds no images, to 75 dB', () => {
  for (const toHz of [16_000, 48_000]) {
    const output = resample(8000, toHz, sine(1000, 8000, 8000), [160]);
    const wanted = Int16Array.from(output, (_, at) =>
      Math.round(16_000 * Math.sin((2 * Math.PI * 1000 * (at - toHz * 0.003)) / toHz)),
    );
    expect(levelDb(output.map((sample, at) => sample - wanted[at]!))).toBeLessThan(-75);
  }
});

it('saturates full-scale square waves instead of wrapping', () => {
  const square = Int16Array.from({ length: 4800 }, (_, at) => (at % 100 < 50 ? 32_767 : -32_768));
  for (const [fromHz, toHz] of [
    [8000, 48_000],
    [48_000, 8000],
    [8000, 16_000],
  ] as const) {
    const output = resample(fromHz, toHz, square, [160]);
    const delay = new addon.Resampler(fromHz, toHz).delaySamples;
    const isFlat = (at: number): boolean => at % 50 > 12 && at % 50 < 38;
    for (let at = 100; at < 4700; at++) {
      const there = Math.round((at * toHz) / fromHz) + delay;
      if (isFlat(at) && fromHz < toHz) expect(Math.sign(output[there]!)).toBe(Math.sign(square[at]!));
    }
    expect(output.some((sample) => sample === 32_767 || sample === -32_768)).toBe(true);
  }
});

it('keeps a constant constant: every phase has gain 1', () => {
  const output = resample(44_100, 16_000, new Int16Array(8820).fill(10_000), [441]);
  expect([...new Set(output.subarray(200, 3000))]).toEqual([10_000]);
});

it('begins anew after reset and after flush', () => {
  const resampler = new addon.Resampler(16_000, 8000);
  const input = whiteNoise(100, -20, 9, 16_000);
  const run = (): Int16Array => {
    const output = new Int16Array(resampler.maxOutputSamples(input.length));
    return output.subarray(0, resampler.process(input, output));
  };
  const first = run();
  resampler.reset();
  expect(run()).toEqual(first);
  resampler.flush(new Int16Array(resampler.delaySamples));
  expect(run()).toEqual(first);
});
