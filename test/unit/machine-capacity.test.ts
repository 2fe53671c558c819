import { describe, expect, it } from 'vitest';
import { machineCapacity } from '../../src/machine-capacity.ts';

describe('the capacity of a machine', () => {
  it.each([
    ['one core as fast as the reference', 1, 1.6, 500],
    ['two', 2, 1.6, 1000],
    ['many: one thread still moves all audio', 64, 1.6, 1500],
    ['two that are half as fast', 2, 3.2, 500],
    ['two that are faster', 2, 1.3, 1230],
    ['one that was measured while it stood still', 1, 500, 100],
    ['one that seems to cost nothing', 1, 0, 1500],
  ])('of %s', (_what, cores, frameUs, calls) => {
    expect(machineCapacity(cores, frameUs)).toBe(calls);
  });
});
