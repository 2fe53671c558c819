import { describe, expect, it } from 'vitest';
import { Ticker } from '../../../src/simulator/ticker.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('the shared timer', () => {
  it('runs every member every 20 ms, over four phases, with one timer', () => {
    const clock = new FakeClock();
    const ticker = new Ticker(clock);
    const counts = Array.from({ length: 8 }, () => 0);
    for (const index of counts.keys()) ticker.add(() => counts[index]!++);
    expect(clock.pendingTimers()).toBe(1);
    clock.advanceMs(1000);
    expect(counts).toEqual(counts.map(() => 50));
    expect(ticker.latenessMaxMs).toBe(0);
  });

  it('makes up for ticks that a stall held back, once input has been let through', () => {
    const clock = new FakeClock();
    const late = { ...clock, stalledMs: 0 };
    const stalling = {
      nowMs: () => clock.nowMs() + late.stalledMs,
      wallMs: () => clock.wallMs(),
      setTimer: (delayMs: number, run: () => void) => clock.setTimer(delayMs, run),
      clearTimer: clock.clearTimer.bind(clock),
    };
    const ticker = new Ticker(stalling);
    let count = 0;
    ticker.add(() => count++);
    clock.advanceMs(100);
    expect(count).toBe(5);
    late.stalledMs = 200;
    clock.advanceMs(20);
    expect(count).toBe(16);
    expect(ticker.latenessMaxMs).toBeGreaterThanOrEqual(180);
  });

  it('lets a member leave from within its tick, and stops when the last has left', () => {
    const clock = new FakeClock();
    const ticker = new Ticker(clock);
    let count = 0;
    const leave = ticker.add(() => {
      count += 1;
      leave();
    });
    clock.advanceMs(200);
    expect(count).toBe(1);
    expect([ticker.members, clock.pendingTimers()]).toEqual([0, 0]);
  });
});
