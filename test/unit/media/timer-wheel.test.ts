import { describe, expect, it } from 'vitest';
import { TimerWheel } from '../../../src/media/timer-wheel.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function wheelOf() {
  const clock = new FakeClock();
  const thrown: unknown[] = [];
  const wheel = new TimerWheel(clock, (error) => thrown.push(error));
  return { clock, wheel, thrown };
}

describe('timer wheel', () => {
  it('runs a timer never early and at most a slot late', () => {
    const { clock, wheel } = wheelOf();
    const ranAtMs: number[] = [];
    for (const delayMs of [0, 1, 5, 7.5, 4999, 5120, 6000, 30_000]) {
      const startedAtMs = clock.nowMs();
      wheel.start(
        wheel.createTimer(() => ranAtMs.push(clock.nowMs() - startedAtMs - delayMs)),
        delayMs,
      );
    }
    clock.advanceMs(40_000);
    expect(ranAtMs).toHaveLength(8);
    expect(Math.min(...ranAtMs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ranAtMs)).toBeLessThanOrEqual(5);
  });

  it('holds one system timer while timers are pending and none when the last is gone', () => {
    const { clock, wheel } = wheelOf();
    const first = wheel.createTimer(() => {});
    const second = wheel.createTimer(() => {});
    wheel.start(first, 100);
    wheel.start(second, 50);
    expect([wheel.pendingTimers, clock.pendingTimers()]).toEqual([2, 1]);
    wheel.stop(second);
    wheel.stop(second);
    wheel.stop(first);
    expect([wheel.pendingTimers, clock.pendingTimers()]).toEqual([0, 0]);
  });

  it('sleeps until the next timer instead of waking at every slot', () => {
    const { clock, wheel } = wheelOf();
    let wakes = 0;
    const setTimer = clock.setTimer.bind(clock);
    clock.setTimer = (delayMs, callback) =>
      setTimer(delayMs, () => {
        wakes++;
        callback();
      });
    wheel.start(
      wheel.createTimer(() => {}),
      1000,
    );
    clock.advanceMs(2000);
    expect(wakes).toBe(1);
  });

  it('moves a timer that is started again, and a later one does not delay an earlier one', () => {
    const { clock, wheel } = wheelOf();
    const order: string[] = [];
    const moved = wheel.createTimer(() => order.push('moved'));
    wheel.start(moved, 10);
    wheel.start(moved, 100);
    wheel.start(
      wheel.createTimer(() => order.push('other')),
      50,
    );
    clock.advanceMs(60);
    expect(order).toEqual(['other']);
    clock.advanceMs(60);
    expect(order).toEqual(['other', 'moved']);
  });

  it('lets a callback stop a timer of the same slot and start itself again', () => {
    const { clock, wheel } = wheelOf();
    const ran: string[] = [];
    const victim = wheel.createTimer(() => ran.push('victim'));
    const repeating = wheel.createTimer(() => {
      ran.push('repeating');
      wheel.stop(victim);
      if (ran.length < 3) wheel.start(repeating, 20);
    });
    wheel.start(repeating, 10);
    wheel.start(victim, 10);
    clock.advanceMs(200);
    expect(ran).toEqual(['repeating', 'repeating', 'repeating']);
    expect(wheel.pendingTimers).toBe(0);
  });

  it('runs every due timer once after a freeze longer than a turn, in order of due time', () => {
    const { clock, wheel } = wheelOf();
    const ran: number[] = [];
    for (const delayMs of [20, 3000, 900]) {
      wheel.start(
        wheel.createTimer(() => ran.push(delayMs)),
        delayMs,
      );
    }
    const frozen = wheel.createTimer(() => ran.push(11_000));
    wheel.start(frozen, 11_000);
    let late = false;
    const nowMs = clock.nowMs.bind(clock);
    clock.nowMs = () => nowMs() + (late ? 10_000 : 0);
    late = true;
    clock.advanceMs(25);
    expect(ran).toEqual([20, 900, 3000]);
    clock.advanceMs(1100);
    expect(ran).toEqual([20, 900, 3000, 11_000]);
  });

  it('tells what a callback threw and still runs the others', () => {
    const { clock, wheel, thrown } = wheelOf();
    let ran = false;
    wheel.start(
      wheel.createTimer(() => {
        throw new Error('first');
      }),
      10,
    );
    wheel.start(
      wheel.createTimer(() => {
        ran = true;
      }),
      10,
    );
    clock.advanceMs(20);
    expect(ran).toBe(true);
    expect(thrown).toHaveLength(1);
  });

  it('reads lateness since the last reading', () => {
    const { clock, wheel } = wheelOf();
    wheel.start(
      wheel.createTimer(() => {}),
      12,
    );
    clock.advanceMs(20);
    expect(wheel.readLateness()).toEqual({ maxMs: 3, meanMs: 3, timers: 1 });
    expect(wheel.readLateness()).toEqual({ maxMs: 0, meanMs: 0, timers: 0 });
  });
});
