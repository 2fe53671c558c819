import { describe, expect, it } from 'vitest';
import { watchLoopDelay } from '../../../src/server/loop-delay.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog, silentLog } from '../../support/silent-log.ts';

/** What is due runs only when the loop has turned. */
class StallingClock extends FakeClock {
  #stalledMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.#stalledMs;
  }

  stall(durationMs: number): void {
    this.#stalledMs += durationMs;
    this.advanceMs(100);
  }
}

describe('the delay of the loop', () => {
  it('is none while what is due runs in time', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay({ clock, log: silentLog });
    clock.advanceMs(1000);
    expect(delay.readLateMs()).toBe(0);
  });

  it('is what 4 of 5 samples keep within, since the last reading', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay({ clock, log: silentLog });
    clock.advanceMs(900);
    clock.stall(500);
    expect(delay.readLateMs()).toBe(0);
    clock.advanceMs(700);
    for (const durationMs of [80, 70, 90]) clock.stall(durationMs);
    expect(delay.readLateMs()).toBe(80);
    expect(delay.readLateMs()).toBe(0);
  });

  it('is known in a second in which the loop turned but once', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay({ clock, log: silentLog });
    clock.stall(3000);
    expect(delay.readLateMs()).toBe(3000);
  });

  it('keeps the newest samples of a time in which nobody reads', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay({ clock, log: silentLog });
    for (let turn = 0; turn < 300; turn++) clock.stall(500);
    for (let turn = 0; turn < 50; turn++) clock.stall(30);
    expect(delay.readLateMs()).toBe(30);
  });

  it('is watched until it is closed', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay({ clock, log: silentLog });
    clock.advanceMs(100);
    delay.close();
    delay.close();
    expect(clock.pendingTimers()).toBe(0);
  });

  it('of a second and more is an error of the log', () => {
    const clock = new StallingClock();
    const { log, lines } = keptLog();
    watchLoopDelay({ clock, log });
    clock.stall(999);
    expect(lines()).toEqual([]);
    clock.stall(1000);
    expect(lines()).toEqual([
      expect.objectContaining({ event: 'loop.stalled', durationMs: 1000, level: 50 }),
    ]);
  });

  it('is told sample by sample to whoever measures it', () => {
    const clock = new StallingClock();
    const seenMs: number[] = [];
    watchLoopDelay({ clock, log: silentLog, observeMs: (lateMs) => seenMs.push(lateMs) });
    clock.advanceMs(200);
    clock.stall(30);
    expect(seenMs).toEqual([0, 0, 30]);
  });
});
