import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventLines } from '../../../web/src/board/event-lines.ts';

it('reads the same events however the text is cut', () => {
  const text =
    ': hello\r\nevent: board\r\ndata: {"a":1}\r\n\r\ndata: one\ndata: two\n\nevent: none\n\nid: 7\rdata:x\r\r\n';
  const expected = [
    { name: 'board', data: '{"a":1}' },
    { name: 'message', data: 'one\ntwo' },
    { name: 'message', data: 'x' },
  ];
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
      const lines = new EventLines();
      const ends = [...cuts.sort((a, b) => a - b), text.length];
      const events = ends.flatMap((end, index) => lines.push(text.slice(ends[index - 1] ?? 0, end)));
      expect(events).toEqual(expected);
    }),
  );
});

it('keeps an event that has no end yet to itself', () => {
  const lines = new EventLines();
  expect(lines.push('event: board\ndata: {}')).toEqual([]);
  expect(lines.push('\n')).toEqual([]);
  expect(lines.push('\n')).toEqual([{ name: 'board', data: '{}' }]);
});

it('refuses an event without an end', () => {
  const lines = new EventLines();
  const piece = `data: ${'x'.repeat(1_000_000)}\n`;
  expect(() => {
    for (let count = 0; count < 5; count++) lines.push(piece);
  }).toThrow(RangeError);
});
