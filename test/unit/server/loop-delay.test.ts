import { describe, expect, it } from 'vitest';
import { watchLoopDelay } from '../../../src/server/loop-delay.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** What is due runs only when the loop has turned. */
class StallingClock extends FakeClock {
  #stalledMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.#stalledMs;
  }

  stall(durationMs: number): void {
    this.#stalledMs += durationMs;
    this.advanceMs(20);
  }
}

describe('the delay of the loop', () => {
  it('is none while what is due runs in time', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay(clock);
    clock.advanceMs(1000);
    expect(delay.readLateMs()).toBe(0);
  });

  it('is what 19 of 20 samples keep within, since the last reading', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay(clock);
    clock.advanceMs(900);
    clock.stall(500);
    expect(delay.readLateMs()).toBe(0);
    for (let turn = 0; turn < 10; turn++) clock.stall(80);
    clock.stall(70);
    expect(delay.readLateMs()).toBe(80);
    expect(delay.readLateMs()).toBe(0);
  });

  it('is known in a second in which the loop turned but once', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay(clock);
    clock.stall(3000);
    expect(delay.readLateMs()).toBe(3000);
  });

  it('keeps the newest samples of a time in which nobody reads', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay(clock);
    for (let turn = 0; turn < 300; turn++) clock.stall(500);
    for (let turn = 0; turn < 256; turn++) clock.stall(30);
    expect(delay.readLateMs()).toBe(30);
  });

  it('is watched until it is closed', () => {
    const clock = new StallingClock();
    const delay = watchLoopDelay(clock);
    clock.advanceMs(100);
    delay.close();
    delay.close();
    expect(clock.pendingTimers()).toBe(0);
  });
});
