import { describe, expect, it } from 'vitest';
import { CallLimit } from '../../../src/server/call-limit.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { SetLoopDelay } from '../../support/loop-delay.ts';
import { keptLog } from '../../support/silent-log.ts';

function limitUnderTest(configured = 1000) {
  const clock = new FakeClock();
  const loopDelay = new SetLoopDelay();
  const { log, lines } = keptLog();
  const calls = { inUse: 0 };
  const limit = new CallLimit({ configured, clock, log, loopDelay, inUse: () => calls.inUse });
  const seconds = (count: number, lateMs: number): number => {
    loopDelay.lateMs = lateMs;
    clock.advanceMs(count * 1000);
    return limit.calls;
  };
  const events = () => lines().map(({ event }) => event);
  return { calls, clock, events, limit, seconds };
}

describe('the limit of calls', () => {
  it('is what is configured while the loop is on time', () => {
    const { limit, seconds } = limitUnderTest();
    expect(seconds(60, 5)).toBe(1000);
    expect(limit.capacity()).toEqual({ limit: 1000, configured: 1000, inUse: 0, lowered: false });
  });

  it('is lowered to the calls that are in once the loop was late for three seconds, and follows them down', () => {
    const { calls, limit, seconds } = limitUnderTest();
    calls.inUse = 800;
    expect(seconds(2, 100)).toBe(1000);
    expect(seconds(1, 100)).toBe(800);
    expect(limit.capacity()).toEqual({ limit: 800, configured: 1000, inUse: 800, lowered: true });
    calls.inUse = 700;
    expect(seconds(1, 100)).toBe(700);
    // Callers who come back have their slots whatever the limit is.
    calls.inUse = 750;
    expect(seconds(1, 100)).toBe(700);
  });

  it('is not lowered by a stall or two', () => {
    const { seconds } = limitUnderTest();
    for (let round = 0; round < 10; round++) {
      expect(seconds(2, 3000)).toBe(1000);
      expect(seconds(1, 59)).toBe(1000);
    }
  });

  it('is not lowered by what few calls cannot be the cause of', () => {
    const { calls, seconds } = limitUnderTest();
    calls.inUse = 99;
    expect(seconds(10, 5000)).toBe(1000);
    calls.inUse = 100;
    expect(seconds(1, 5000)).toBe(100);
  });

  it('keeps a tenth, at least one, however late the loop is', () => {
    const { calls, seconds } = limitUnderTest();
    calls.inUse = 500;
    seconds(3, 5000);
    calls.inUse = 20;
    expect(seconds(10, 5000)).toBe(100);
    expect(limitUnderTest(1).seconds(10, 5000)).toBe(1);
  });

  it('stays as it is while the loop is neither late nor on time', () => {
    const { calls, seconds } = limitUnderTest();
    calls.inUse = 500;
    seconds(3, 100);
    for (let round = 0; round < 10; round++) {
      expect(seconds(4, 5)).toBe(500);
      expect(seconds(1, 40)).toBe(500);
    }
  });

  it('comes back by steps after five seconds on time', () => {
    const { calls, seconds } = limitUnderTest();
    calls.inUse = 900;
    seconds(3, 100);
    expect(seconds(4, 5)).toBe(900);
    expect(seconds(1, 5)).toBe(950);
    expect(seconds(1, 5)).toBe(1000);
    expect(seconds(60, 5)).toBe(1000);
  });

  it('is told of once when it is lowered and once when all of it is back', () => {
    const { calls, events, seconds } = limitUnderTest();
    calls.inUse = 500;
    for (let round = 0; round < 5; round++) {
      seconds(10, 100);
      seconds(7, 5);
    }
    expect(events()).toEqual(['capacity.lowered']);
    seconds(60, 5);
    expect(events()).toEqual(['capacity.lowered', 'capacity.restored']);
  });

  it('says nothing where no more calls are in than may be', () => {
    const { calls, events, seconds } = limitUnderTest();
    calls.inUse = 1000;
    expect(seconds(10, 100)).toBe(1000);
    expect(events()).toEqual([]);
  });

  it('looks no more once it is closed', () => {
    const { clock, limit } = limitUnderTest();
    limit.close();
    limit.close();
    expect(clock.pendingTimers()).toBe(0);
  });
});
