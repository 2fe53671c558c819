import { expect, it } from 'vitest';
import type { NetworkOptions } from '../../../src/simulator/caller.ts';
import { createRandom } from '../../../src/simulator/random.ts';
import { StreamLink } from '../../../src/simulator/stream-link.ts';

function link(options: NetworkOptions) {
  const up: number[] = [];
  const down: number[] = [];
  const made = new StreamLink<number, number>(
    options,
    createRandom(1),
    (item) => up.push(item),
    (item) => down.push(item),
  );
  return { link: made, up, down };
}

it('passes everything at once on a good line', () => {
  const { link: good, up, down } = link({});
  good.up(1, 0);
  good.upMedia(2, 0);
  good.down(3, 0);
  expect([up, down]).toEqual([[1, 2], [3]]);
});

it('delays both ways and keeps the order', () => {
  const { link: slow, up, down } = link({ delayMs: 300 });
  slow.up(1, 0);
  slow.upMedia(2, 20);
  slow.down(3, 20);
  slow.flush(299);
  expect([up, down]).toEqual([[], []]);
  slow.flush(320);
  expect([up, down]).toEqual([[1, 2], [3]]);
});

it('holds everything back while frozen, then lets all of it through', () => {
  const { link: frozen, up, down } = link({});
  frozen.freeze(4000);
  frozen.up(1, 10);
  frozen.down(2, 10);
  frozen.flush(3999);
  expect([up, down]).toEqual([[], []]);
  frozen.flush(4000);
  frozen.up(3, 4000);
  expect([up, down]).toEqual([[1, 3], [2]]);
});

it('loses, repeats and swaps media, and never anything else', () => {
  const count = (options: NetworkOptions) => {
    const { link: bad, up } = link(options);
    for (let n = 0; n < 1000; n += 1) bad.upMedia(n, 0);
    for (let n = 1000; n < 1100; n += 1) bad.up(n, 0);
    expect(up.filter((item) => item >= 1000)).toHaveLength(100);
    return up.filter((item) => item < 1000);
  };
  expect(count({ lossRatio: 0.1 }).length).toBeLessThan(950);
  expect(count({ duplicationRatio: 0.1 }).length).toBeGreaterThan(1050);
  const swapped = count({ reorderingRatio: 0.1 });
  expect(swapped.filter((item, at) => at > 0 && item < swapped[at - 1]!).length).toBeGreaterThan(50);
  expect(swapped.length).toBeGreaterThanOrEqual(999);
});
