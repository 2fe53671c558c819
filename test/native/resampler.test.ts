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
