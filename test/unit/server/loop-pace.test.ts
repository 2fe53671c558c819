import { expect, test } from 'vitest';
import { LoopPace } from '../../../src/server/loop-pace.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function pacedLoop() {
  const clock = new FakeClock();
  const periodsUs: number[] = [];
  let live = 0;
  const pace = new LoopPace({ clock, streams: () => live, pollEvery: (us) => periodsUs.push(us) });
  const set = (streams: number): void => {
    live = streams;
  };
  return { clock, periodsUs, pace, set };
}

test('serves few streams the moment something comes', () => {
  const { clock, periodsUs, set } = pacedLoop();
  set(63);
  clock.advanceMs(5000);
  expect(periodsUs).toEqual([]);
});

test('lets many streams share a wake-up, and stops when they have gone', () => {
  const { clock, periodsUs, set } = pacedLoop();
  set(1500);
  clock.advanceMs(5000);
  expect(periodsUs).toEqual([2000]);
  set(10);
  clock.advanceMs(5000);
  expect(periodsUs).toEqual([2000, 0]);
});

test('waits longer for as many frames when the streams are fewer, and never as long as a caller could tell', () => {
  const { clock, periodsUs, set } = pacedLoop();
  for (const streams of [64, 100, 101, 130, 200, 5000]) {
    set(streams);
    clock.advanceMs(1000);
  }
  expect(periodsUs).toEqual([5000, 4000, 3000, 2000]);
});

test('leaves the loop as it was when it is closed', () => {
  const { clock, pace, periodsUs, set } = pacedLoop();
  set(1000);
  clock.advanceMs(1000);
  pace.close();
  pace.close();
  clock.advanceMs(5000);
  expect(periodsUs).toEqual([2000, 0]);
});
