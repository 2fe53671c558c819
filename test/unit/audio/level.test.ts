import { expect, it } from 'vitest';
import { frameLevels, levelDbfs } from '../../../src/audio/level.ts';

it('is -100 for silence and for nothing, 0 for a full-scale square wave', () => {
  expect(levelDbfs(new Int16Array(160))).toBe(-100);
  expect(levelDbfs(new Int16Array(0))).toBe(-100);
  expect(levelDbfs(new Int16Array(160).fill(-32_768))).toBe(0);
});

it('is 20 dB less for a tenth of the amplitude', () => {
  expect(levelDbfs(new Int16Array(160).fill(3277))).toBeCloseTo(-20, 2);
});

it('gives one byte for each 20 ms, the last for what is left', () => {
  const samples = new Int16Array(160 + 160 + 40);
  samples.fill(3277, 160);
  expect([...frameLevels(samples, 8000)]).toEqual([0, 80, 80]);
  expect(frameLevels(new Int16Array(0), 8000)).toHaveLength(0);
});
