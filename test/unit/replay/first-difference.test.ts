import { expect, it } from 'vitest';
import { scriptOf } from '../../../src/call/flow-script.ts';
import type { FlowState } from '../../../src/flow/state.ts';
import { replayCall } from '../../../src/replay/replay-call.ts';
import { indexOf, type Row, recordOf, rowsOf } from '../../support/edited-record.ts';

async function differenceOf(rows: readonly Row[]) {
  return (await replayCall(recordOf(rows))).difference;
}

const isAudio = (row: Row) => 'audio' in row;
const isMark = (row: Row) => row.kind === 'mark';
const isPost = (of: string) => (row: Row) =>
  row.kind === 'post' && row.plane === 'call' && (row['message'] as { kind: string }).kind === of;

it('is none where nothing was changed', async () => {
  expect(await differenceOf(rowsOf('keypad'))).toBeNull();
});

it('is the state of a flow that steps otherwise', async () => {
  const rows = rowsOf('keypad');
  const { difference } = await replayCall(recordOf(rows), {
    scriptOf: (flow, call) => {
      const script = scriptOf(flow, call);
      return {
        ...script,
        step(state, event) {
          const stepped = script.step(state, event);
          if (event.kind !== 'answered') return stepped;
          return { ...stepped, state: { ...stepped.state, turnIndex: 77 } satisfies FlowState };
        },
      };
    },
  });
  expect(difference).toMatchObject({ plane: 'call', path: 'message.state.turnIndex', expected: 1, got: 77 });
  const { atMs, line } = difference!;
  const at = indexOf(rows, (row) => isPost('snapshot')(row) && row['at'] === atMs);
  expect(line).toBe(at + 1);
});

it('is the action of a flow that says otherwise', async () => {
  const { difference } = await replayCall(recordOf(rowsOf('keypad')), {
    scriptOf: (flow, call) => {
      const script = scriptOf(flow, call);
      return {
        ...script,
        step(state, event) {
          const { actions, state: next } = script.step(state, event);
          const said = actions.map((action) =>
            action.kind === 'play'
              ? { ...action, prompt: { ...action.prompt, text: 'Other words.' } }
              : action,
          );
          return { state: next, actions: said };
        },
      };
    },
  });
  expect(difference).toMatchObject({ path: 'message.note.text', got: 'Other words.' });
});

it('is the first mark behind a byte of a prompt that was changed', async () => {
  const rows = rowsOf('keypad');
  const audio = rows[indexOf(rows, isAudio)]!;
  const wire = String(audio['wire']);
  audio['wire'] = `${wire.slice(0, 4000)}${wire[4000] === 'A' ? 'B' : 'A'}${wire.slice(4001)}`;
  const difference = await differenceOf(rows);
  expect(difference).toMatchObject({ plane: 'media', line: indexOf(rows, isMark) + 1, path: 'sha256' });
});

it('is a channel message that came in another order', async () => {
  const rows = rowsOf('keypad');
  const play = indexOf(rows, (row) => row.kind === 'order' && row['order'] === 'play');
  const listen = indexOf(rows, (row) => row.kind === 'order' && row['order'] === 'listen');
  [rows[play]!['order'], rows[listen]!['order']] = ['listen', 'play'];
  expect(await differenceOf(rows)).toMatchObject({
    plane: 'media',
    line: play + 1,
    path: 'order',
    expected: 'listen',
    got: 'play',
  });
});

it('is a message to the call that came in another order', async () => {
  const rows = rowsOf('keypad');
  const digit = indexOf(rows, (row) => row.kind === 'received' && row['message'] === 'digit');
  rows[digit]!['message'] = 'no.input';
  expect(await differenceOf(rows)).toMatchObject({ plane: 'call', line: digit + 1, path: 'message' });
});

it('is what follows from other words of a vendor', async () => {
  const rows = rowsOf('spoken');
  const heard = rows[indexOf(rows, (row) => row.kind === 'transcript')]!;
  heard['value'] = { ...(heard['value'] as object), text: 'no' };
  const difference = await differenceOf(rows);
  expect(difference).toMatchObject({
    plane: 'call',
    path: 'message.state.answers.first',
    expected: true,
    got: false,
  });
});

it('is what follows from another message of the carrier', async () => {
  const rows = rowsOf('keypad');
  const digit = rows[indexOf(rows, (row) => String(row['text']).includes('"event":"dtmf"'))]!;
  digit['text'] = String(digit['text']).replace('"digit":"1"', '"digit":"2"');
  expect(await differenceOf(rows)).toMatchObject({ plane: 'media', path: 'message.digit', got: '2' });
});

it.each([
  ['a mark', isMark],
  ['a state', isPost('snapshot')],
  ['a commit', (row: Row) => row.kind === 'commit'],
])('is %s that is not in the record', async (_name, is) => {
  const rows = rowsOf('keypad');
  const at = indexOf(rows, is);
  const [lost] = rows.splice(at, 1);
  const difference = await differenceOf(rows);
  expect(difference).toMatchObject({ path: '', got: { kind: lost!.kind } });
});

it('is a clear that the record has and the replay has not', async () => {
  const rows = rowsOf('keypad');
  const at = indexOf(rows, isMark);
  rows.splice(at, 0, { at: rows[at]!['at'], plane: 'media', way: 'out', kind: 'clear', audioBytes: 0 });
  expect(await differenceOf(rows)).toMatchObject({
    line: at + 1,
    expected: { kind: 'clear', audioBytes: 0 },
    got: { kind: 'mark' },
  });
});

it('is what the record goes on with where the replay gives nothing', async () => {
  const rows = rowsOf('keypad');
  const at = rows.length - 1;
  rows.splice(at, 0, { at: 9999, plane: 'media', way: 'out', kind: 'clear', audioBytes: 0 });
  expect(await differenceOf(rows)).toMatchObject({ line: at + 1, atMs: 9999, got: 'nothing' });
});

it('is what came in to a plane that does not wait for it', async () => {
  const rows = rowsOf('keypad');
  const at = indexOf(rows, (row) => row.kind === 'accepted') + 1;
  rows.splice(at, 0, { at: 500, plane: 'media', way: 'in', kind: 'prompt.ready', key: 'nobody asked' });
  expect(await differenceOf(rows)).toMatchObject({
    line: at + 1,
    expected: { kind: 'prompt.ready' },
    got: 'nothing',
  });
});

it('is a timer that runs at another time, or not at all', async () => {
  const rows = rowsOf('keypad');
  const timer = indexOf(rows, (row) => row.kind === 'timer' && row.plane === 'media');
  const dueAtMs = Number(rows[timer]!['dueAtMs']);
  rows[timer]!['dueAtMs'] = dueAtMs + 5;
  expect(await differenceOf(rows)).toMatchObject({ line: timer + 1, path: 'dueAtMs', got: dueAtMs });
  rows[timer]!['timer'] = 99;
  expect(await differenceOf(rows)).toMatchObject({ line: timer + 1, got: 'it is not' });
});

it('is the hash of a flow whose text was changed', async () => {
  const rows = rowsOf('keypad');
  const begun = rows[indexOf(rows, (row) => row.kind === 'begun')]!;
  const flow = begun['flow'] as { text: string };
  begun['flow'] = { ...flow, text: flow.text.replace('Are you ready?', 'Are you sure?') };
  expect(await differenceOf(rows)).toMatchObject({ plane: 'call', path: 'flow.hash' });
});
