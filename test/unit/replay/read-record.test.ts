import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RecordError } from '../../../src/errors.ts';
import { parseRecord, readRecord } from '../../../src/replay/read-record.ts';
import { replayCall } from '../../../src/replay/replay-call.ts';
import { indexOf, type Row, recordOf, rowsOf, textOf } from '../../support/edited-record.ts';
import { FIXTURES } from '../../support/fixture-records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const keypad = () => rowsOf('keypad');

function refusalOf(text: string): string {
  try {
    parseRecord(text, 'call.jsonl');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RecordError);
    return (thrown as Error).message;
  }
  return 'none';
}

function withRow(is: (row: Row) => boolean, change: Row): string {
  const rows = keypad();
  const at = indexOf(rows, is);
  rows[at] = { ...rows[at], ...change };
  return textOf(rows);
}

it('reads a record plain and packed', () => {
  const packed = readRecord(join(FIXTURES, 'keypad-0.jsonl.gz'));
  const path = join(temporaryFolder(), 'call.jsonl');
  writeFileSync(path, textOf(keypad()));
  expect(readRecord(path).lines).toEqual(packed.lines);
  expect(packed.head).toMatchObject({ version: 1, carrier: 'twilio', attempt: 0 });
  expect(packed.isBrokenOff).toBe(false);
});

it.each([
  ['another file', '{"name":"trunkline"}\n', 'call.jsonl:1: Expected a recorded call (RECORD_CALLS)'],
  ['a text', 'Dear reader,\n', 'call.jsonl:1: Expected a recorded call (RECORD_CALLS)'],
  ['nothing', '', 'call.jsonl:1: Expected a recorded call (RECORD_CALLS)'],
])('refuses %s', (_name, text, message) => {
  expect(refusalOf(text)).toContain(message);
});

it('refuses another version, and says who can replay it', () => {
  const rows = keypad();
  rows[0]!['version'] = 2;
  expect(refusalOf(textOf(rows))).toBe(
    'call.jsonl:1: Expected version 1 of the record, received 2: replay it with the Trunkline that recorded it',
  );
});

it('names the line that is damaged', () => {
  const rows = textOf(keypad()).split('\n');
  rows[7] = rows[7]!.slice(0, 20);
  expect(refusalOf(rows.join('\n'))).toMatch(/^call\.jsonl:8: Expected JSON, .*damaged$/);
});

it.each<[string, string]>([
  ['a time that is none', withRow((row) => row.kind === 'message', { at: 'soon' })],
  ['a message without content', withRow((row) => row.kind === 'message', { text: 7 })],
  ['an input that no plane takes', withRow((row) => row.kind === 'message', { kind: 'telegram' })],
  ['another plane', withRow((row) => row.kind === 'message', { plane: 'astral' })],
  ['audio that is no base64', withRow((row) => 'audio' in row, { wire: '*' })],
  ['something after the end', `${textOf(keypad())}{"end":true,"at":1}\n`],
])('refuses %s', (_name, text) => {
  expect(refusalOf(text)).toMatch(/^call\.jsonl:\d+: /);
});

it('refuses a flow that cannot be read', async () => {
  const rows = keypad();
  const begun = rows[indexOf(rows, (row) => row.kind === 'begun')]!;
  begun['flow'] = { ...(begun['flow'] as object), text: 'flow: [' };
  await expect(replayCall(recordOf(rows))).rejects.toThrow(RecordError);
});

it('replays one that breaks off as far as it goes', async () => {
  const text = textOf(keypad());
  for (const ratio of [0.9, 0.5, 0.2]) {
    const record = parseRecord(text.slice(0, Math.floor(text.length * ratio)), 'call.jsonl');
    expect(record.isBrokenOff).toBe(true);
    expect((await replayCall(record)).difference).toBeNull();
  }
});

it('refuses a file that is not there', () => {
  expect(() => readRecord('/nowhere/call.jsonl')).toThrow(
    'Expected a file that can be read, received there is none',
  );
});

it('says of a packed file that is cut what is wrong with it', () => {
  const path = join(temporaryFolder(), 'call.jsonl.gz');
  writeFileSync(path, readFileSync(join(FIXTURES, 'keypad-0.jsonl.gz')).subarray(0, 20_000));
  expect(() => readRecord(path)).toThrow('received gzip that is damaged or cut (Z_BUF_ERROR)');
});
