import fc from 'fast-check';
import { expect, it } from 'vitest';
import { layOut, NODE_HEIGHT, NODE_WIDTH } from '../../../web/src/flow/layout.ts';
import { rankNodes } from '../../../web/src/flow/ranks.ts';

const arrow = (from: string, to: string) => ({ from, to });

it('puts a node below everything that leads to it', () => {
  const arrows = [arrow('a', 'b'), arrow('a', 'c'), arrow('b', 'c'), arrow('c', 'a')];
  const { rankOf, back } = rankNodes(['c', 'b', 'a'], arrows, 'a');
  expect([...rankOf].sort()).toEqual([
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]);
  expect(back).toEqual([arrow('c', 'a')]);
});

it('does not run out of stack on a long flow', () => {
  const ids = Array.from({ length: 20_000 }, (_, index) => String(index));
  const arrows = ids.slice(1).map((id, index) => arrow(String(index), id));
  expect(rankNodes(ids, arrows, '0').rankOf.get('19999')).toBe(19_999);
});

const graphs = fc.integer({ min: 1, max: 14 }).chain((count) => {
  const id = fc.nat(count - 1).map(String);
  const ids = Array.from({ length: count }, (_, index) => String(index));
  return fc.record({
    ids: fc.constant(ids),
    arrows: fc.array(fc.record({ from: id, to: id }), { maxLength: 40 }),
  });
});

it('lays no node on another and none outside, whatever the graph', () => {
  fc.assert(
    fc.property(graphs, ({ ids, arrows }) => {
      const { places, width, height, arrows: placed } = layOut(ids, arrows, '0');
      const corners = ids.map((id) => places.get(id)!);
      for (const [index, a] of corners.entries()) {
        expect(a.x).toBeGreaterThanOrEqual(0);
        expect(a.x + NODE_WIDTH).toBeLessThanOrEqual(width);
        expect(a.y + NODE_HEIGHT).toBeLessThanOrEqual(height);
        for (const b of corners.slice(index + 1)) {
          expect(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT).toBe(true);
        }
      }
      expect(placed).toHaveLength(arrows.length);
      for (const { path } of placed) expect(path).not.toContain('NaN');
    }),
  );
});
