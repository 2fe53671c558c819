import { describe, expect, it } from 'vitest';
import { BOUNDS_MS, Histogram } from '../../../src/meter/histogram.ts';
import { meterLoop } from '../../../src/meter/loop-lateness.ts';
import { ThreadMeter } from '../../../src/meter/thread-meter.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const total = (histogram: Histogram) => histogram.counts.reduce((sum, count) => sum + count, 0);

describe('a histogram', () => {
  it('counts a duration in the first bucket whose bound it does not exceed', () => {
    for (const [index, boundMs] of BOUNDS_MS.entries()) {
      const histogram = new Histogram();
      histogram.observeMs(boundMs);
      histogram.observeMs(boundMs + 0.001);
      expect(histogram.counts[index]).toBe(1);
      expect(histogram.counts[index + 1]).toBe(1);
      expect(histogram.sumMs).toBeCloseTo(2 * boundMs + 0.001, 6);
    }
  });

  it('takes a clock that went back for no time at all', () => {
    const histogram = new Histogram();
    histogram.observeMs(-5);
    expect(histogram.counts[0]).toBe(1);
    expect(histogram.sumMs).toBe(0);
  });
});

describe("a thread's meter", () => {
  it('shows another thread, over the same memory, all that it counted', () => {
    const own = new ThreadMeter();
    const seen = new ThreadMeter(own.memory);
    own.of('commit').observeMs(3);
    own.of('step').observeMs(700);
    own.add('commitsDurable');
    own.add('spansDropped', 4);
    expect(seen.of('commit').sumMs).toBe(3);
    expect(seen.of('step').sumMs).toBe(700);
    expect(total(seen.of('recognizer'))).toBe(0);
    expect([seen.read('commitsDurable'), seen.read('commitsDeferred'), seen.read('spansDropped')]).toEqual([
      1, 0, 4,
    ]);
  });

  it('refuses memory of another size', () => {
    expect(() => new ThreadMeter(new SharedArrayBuffer(8))).toThrow(/bytes for a thread's meter/);
  });
});

describe('the meter of a loop', () => {
  it('looks twice a second, and no more once it is ended', () => {
    const clock = new FakeClock();
    const meter = new ThreadMeter();
    const end = meterLoop(clock, meter);
    clock.advanceMs(1000);
    expect(total(meter.of('loopDelay'))).toBe(2);
    expect(meter.of('loopDelay').sumMs).toBe(0);
    end();
    clock.advanceMs(1000);
    expect(total(meter.of('loopDelay'))).toBe(2);
  });

  it('counts by how much a look was late', () => {
    const clock = new FakeClock();
    const meter = new ThreadMeter();
    let lateMs = 0;
    meterLoop(
      {
        nowMs: () => clock.nowMs() + lateMs,
        wallMs: () => 0,
        setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
        clearTimer: (timer) => clock.clearTimer(timer),
      },
      meter,
    );
    lateMs = 80;
    clock.advanceMs(500);
    expect(meter.of('loopDelay').sumMs).toBe(80);
  });
});
