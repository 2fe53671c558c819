import { expect, it } from 'vitest';
import { RecordingJournal } from '../../../src/journal/recording-journal.ts';

function journalOf(plane: 'media' | 'call' = 'media') {
  let atMs = 1.00049;
  const rows: Record<string, unknown>[] = [];
  const journal = new RecordingJournal({
    plane,
    ...(plane === 'call' ? { run: 2 } : {}),
    readMs: () => {
      atMs += 10;
      return atMs;
    },
    write: (line) => void rows.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { journal, rows };
}

it('writes what comes in, is asked and goes out, in order', () => {
  const { journal, rows } = journalOf();
  journal.enter({ kind: 'message', text: 'x' }, () => {
    journal.ask({ kind: 'prompt', key: 'k' }, () => 'a1');
    journal.tell({ kind: 'mark', name: 'g0.1' });
  });
  expect(rows).toEqual([
    { at: 11.001, plane: 'media', way: 'in', kind: 'message', text: 'x' },
    { at: 11.001, plane: 'media', way: 'ask', kind: 'prompt', key: 'k', answer: 'a1' },
    { at: 11.001, plane: 'media', way: 'out', kind: 'mark', name: 'g0.1' },
  ]);
});

it('holds the time still until the next thing comes in, and never before it came', () => {
  const { journal } = journalOf();
  const seen: number[] = [];
  journal.enter({ kind: 'one' }, () => seen.push(journal.nowMs, journal.nowMs));
  seen.push(journal.nowMs);
  journal.enter({ kind: 'two' }, () => seen.push(journal.nowMs));
  expect(seen).toEqual([11.001, 11.001, 11.001, 21.001]);
});

it('marks what comes in while something is told, at the same time', () => {
  const { journal, rows } = journalOf();
  journal.enter({ kind: 'end' }, () => {
    journal.tell({ kind: 'close' });
    journal.enter({ kind: 'closed' }, () => {});
  });
  expect(rows[2]).toEqual({ at: 11.001, plane: 'media', way: 'in', kind: 'closed', within: true });
});

it('marks what comes to the call plane before the promises of what came before have run', async () => {
  const { journal, rows } = journalOf('call');
  journal.enter({ kind: 'one' }, () => {});
  journal.enter({ kind: 'two' }, () => {});
  await Promise.resolve();
  journal.enter({ kind: 'three' }, () => {});
  expect(rows.map(({ joined, kind, run }) => [kind, joined ?? false, run])).toEqual([
    ['one', false, 2],
    ['two', true, 2],
    ['three', false, 2],
  ]);
});

it('writes a rare answer only', () => {
  const { journal, rows } = journalOf();
  const ask = (number: number, answer: number) => journal.askRare({ kind: 'send', number }, 1, () => answer);
  expect([ask(1, 1), ask(2, 0), ask(3, 1)]).toEqual([1, 0, 1]);
  expect(rows).toEqual([{ at: 0, plane: 'media', way: 'ask', kind: 'send', number: 2, answer: 0 }]);
});

it('throws what the work throws, and goes on', () => {
  const { journal, rows } = journalOf();
  const work = () => {
    throw new Error('on purpose');
  };
  expect(() => journal.enter({ kind: 'one' }, work)).toThrow('on purpose');
  journal.enter({ kind: 'two' }, () => {});
  expect(rows[1]).not.toHaveProperty('within');
});
