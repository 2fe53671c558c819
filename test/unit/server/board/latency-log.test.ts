import { expect, it } from 'vitest';
import { LatencyLog } from '../../../../src/server/board/latency-log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const HOUR_MS = 3_600_000;

/** Noon of this machine's time zone. */
const atNoon = () => new FakeClock(new Date(2026, 10, 22, 12).getTime());

it('knows nothing before the first turn', () => {
  expect(new LatencyLog(atNoon()).quantilesMs()).toBeNull();
});

it('tells quantiles that are at most 5 % too high', () => {
  const latencies = new LatencyLog(atNoon());
  for (let durationMs = 1; durationMs <= 1000; durationMs++) latencies.add(durationMs);
  const { p50, p95, p99 } = latencies.quantilesMs()!;
  for (const [found, true_] of [
    [p50, 500],
    [p95, 950],
    [p99, 990],
  ] as const) {
    expect(found).toBeGreaterThanOrEqual(true_);
    expect(found).toBeLessThanOrEqual(true_ * 1.05 + 1);
  }
});

it('takes whatever a clock may say', () => {
  const latencies = new LatencyLog(atNoon());
  latencies.add(-3);
  latencies.add(10_000_000);
  expect(latencies.quantilesMs()).toEqual({ p50: 1, p95: 121_740, p99: 121_740 });
});

it('begins anew at midnight', () => {
  const clock = atNoon();
  const latencies = new LatencyLog(clock);
  latencies.add(400);
  clock.advanceMs(11.9 * HOUR_MS);
  expect(latencies.quantilesMs()).not.toBeNull();
  clock.advanceMs(0.2 * HOUR_MS);
  expect(latencies.quantilesMs()).toBeNull();
});
