import { expect, it } from 'vitest';
import { Resampler } from '../../../src/audio/resampler.ts';

it('gives as many samples as the rates say, late by delaySamples, and ends with flush', () => {
  const resampler = new Resampler(8000, 16_000);
  expect(resampler.push(new Int16Array(0))).toHaveLength(0);
  const step = resampler.push(new Int16Array(160).fill(1000));
  expect(step).toHaveLength(320);
  expect(step[resampler.delaySamples - 40]).toBeLessThan(100);
  expect(step[resampler.delaySamples + 60]).toBeCloseTo(1000, -1);
  expect(resampler.flush()).toHaveLength(resampler.delaySamples);
  expect(resampler.flush()).toHaveLength(0);
});

it('begins anew after reset', () => {
  const resampler = new Resampler(24_000, 8000);
  const noise = Int16Array.from({ length: 480 }, (_, at) => (at * 7919) % 9973);
  const first = resampler.push(noise);
  resampler.reset();
  expect(resampler.push(noise)).toEqual(first);
});
