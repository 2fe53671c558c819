import { expect, it } from 'vitest';
import { addon } from '../../../src/audio/addon.ts';
import { measureFrameUs } from '../../../src/audio/frame-cost.ts';
import { systemClock } from '../../../src/clock.ts';

/** Each reading is later by the next of `stepsMs`, the last of them again and again. */
const steppedClock = (stepsMs: number[]) => {
  let nowMs = 0;
  return {
    ...systemClock,
    nowMs: () => {
      nowMs += (stepsMs.length > 1 ? stepsMs.shift() : stepsMs[0]) ?? 0;
      return nowMs;
    },
  };
};

it('is that of the fastest slice, whatever interrupted the others, and leaves nothing behind', async () => {
  // The deadline's origin; then of each slice: whether there is time, its beginning, its end.
  const clock = steppedClock([0, 0, 0, 9, 0, 0, 0.512, 0, 0, 7, 100]);
  expect(await measureFrameUs(clock)).toBeCloseTo(2, 10);
  expect(addon.liveObjects().receivers).toBe(0);
});

it('takes no longer on a machine that is slow', async () => {
  const { nowMs } = steppedClock([20]);
  let readings = 0;
  const counted = (): number => {
    readings += 1;
    return nowMs();
  };
  expect(await measureFrameUs({ ...systemClock, nowMs: counted })).toBe(78.125);
  expect(readings).toBe(5);
});

it('lets the loop turn meanwhile', async () => {
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    if (turns < 3) setImmediate(turn);
  };
  setImmediate(turn);
  await measureFrameUs(systemClock);
  expect(turns).toBe(3);
});
