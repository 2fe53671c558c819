import { expect, it } from 'vitest';
import { Histogram } from '../../../../src/meter/histogram.ts';
import { RecentDelay } from '../../../../src/server/board/recent-delay.ts';

it('tells of the last minute alone', () => {
  const histogram = new Histogram();
  const delay = new RecentDelay(histogram);
  expect(delay.look(0)).toEqual({ p50: 0, p99: 0 });
  for (let second = 1; second <= 30; second++) {
    histogram.observeMs(4);
    delay.look(second * 1000);
  }
  histogram.observeMs(700);
  expect(delay.look(31_000)).toEqual({ p50: 5, p99: 750 });
  for (let second = 32; second <= 100; second++) {
    histogram.observeMs(0.5);
    delay.look(second * 1000);
  }
  expect(delay.look(100_000)).toEqual({ p50: 1, p99: 1 });
});

it('tells of more than the last bound as of the last bound', () => {
  const histogram = new Histogram();
  histogram.observeMs(60_000);
  expect(new RecentDelay(histogram).look(0)).toEqual({ p50: 10_000, p99: 10_000 });
});
