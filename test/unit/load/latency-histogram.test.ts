import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../src/load/latency-histogram.ts';

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe('a histogram of latencies', () => {
  it('is all zero while it is empty', () => {
    expect(histogramOf([]).summary()).toEqual({ count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  it('gives every percentile to about one in a hundred', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        (values, ratio) => {
          const exact = [...values].sort((a, b) => a - b)[Math.ceil(ratio * values.length) - 1]!;
          const found = histogramOf(values).percentile(ratio);
          expect(found).toBeGreaterThanOrEqual(exact - 1e-9);
          expect(found).toBeLessThanOrEqual(exact * 1.011 + 1 / 64);
        },
      ),
    );
  });

  it('counts what began before its time as 0', () => {
    expect(histogramOf([-30]).buckets()).toEqual([[0, 1]]);
    expect(histogramOf([-30]).summary().p99Ms).toBe(0);
  });

  it('keeps what is over a minute, and its exact longest', () => {
    const histogram = histogramOf([1, 500_000]);
    expect(histogram.summary().maxMs).toBe(500_000);
    expect(histogram.count).toBe(2);
  });

  it('tells its buckets in order, each with where it begins', () => {
    const buckets = histogramOf([5, 0.2, 5, 900]).buckets();
    expect(buckets.map(([, count]) => count)).toEqual([1, 2, 1]);
    const froms = buckets.map(([from]) => from);
    expect(froms[0]).toBeLessThanOrEqual(0.2);
    expect(froms[1]).toBeGreaterThan(4.9);
    expect(froms[1]).toBeLessThanOrEqual(5);
  });

  it('is empty after it was cleared', () => {
    const histogram = histogramOf([1, 2, 3]);
    histogram.clear();
    expect(histogram.summary().count).toBe(0);
    expect(histogram.buckets()).toEqual([]);
  });
});
