import { expect, it } from 'vitest';
import type { BoardSnapshot } from '../../../src/protocol/board-api.ts';
import { type History, NO_HISTORY, withSnapshot } from '../../../web/src/board/history.ts';
import { joinedEdges } from '../../../web/src/flow/joined-edges.ts';
import { wrapText } from '../../../web/src/flow/wrap-text.ts';
import { backOffMs } from '../../../web/src/shared/back-off.ts';
import { durationText } from '../../../web/src/shared/duration-text.ts';

const snapshotAt = (second: number, callCount = 1) =>
  ({ atMs: second * 1000 + 500, callCount, today: { turnLatencyMs: null } }) as unknown as BoardSnapshot;
const historyOf = (...seconds: number[]): History =>
  seconds.map((second) => snapshotAt(second)).reduce(withSnapshot, NO_HISTORY);

it('keeps one point a second, of the last ten minutes', () => {
  expect(historyOf(1, 1, 2).seconds).toEqual([1, 2]);
  const long = historyOf(...Array.from({ length: 900 }, (_, index) => index));
  expect([long.seconds.length, long.seconds[0], long.calls.length, long.p99.length]).toEqual([
    600, 300, 600, 600,
  ]);
});

it('begins anew when the clock of the server was set back', () => {
  expect(historyOf(100, 101, 7).seconds).toEqual([7]);
});

it('writes durations', () => {
  expect([-500, 7000, 61_000, 3_729_000].map(durationText)).toEqual(['0:00', '0:07', '1:01', '1:02:09']);
});

it('doubles its waits up to the longest, and spreads them', () => {
  const limits = { firstMs: 300, longestMs: 4000 };
  expect([0, 1, 2, 9].map((attempt) => backOffMs(attempt, limits, () => 0))).toEqual([300, 600, 1200, 4000]);
  expect(backOffMs(9, limits, () => 1)).toBe(3200);
});

it('wraps a text, and shortens what does not fit', () => {
  expect(wrapText('Would you like to take part?', 16, 2)).toEqual(['Would you like', 'to take part?']);
  expect(wrapText('Would you like to take part in it?', 16, 2)).toEqual([
    'Would you like',
    'to take part in…',
  ]);
  expect(wrapText('Donaudampfschifffahrt', 10, 2)).toEqual(['Donaudampf'.slice(0, 9).concat('…')]);
  expect(wrapText('', 10, 2)).toEqual([]);
});

it('joins edges between the same nodes, and leaves out those that lead nowhere', () => {
  const nodes = ['a', 'b'].map((id) => ({ id, kind: 'ask', text: '' }));
  const edges = [
    { from: 'a', to: 'b', label: 'yes', callsToday: 2 },
    { from: 'a', to: 'b', label: 'else', callsToday: 3 },
    { from: 'a', to: '$gone', label: '', callsToday: 1 },
  ];
  expect(joinedEdges({ nodes, edges })).toEqual([{ from: 'a', to: 'b', label: 'yes / else', callsToday: 5 }]);
});
