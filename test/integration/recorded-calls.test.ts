/**
 * Calls of every sort are recorded over real sockets, and replayed: the same states, answers and outbound bytes. With
 * RERECORD=1 (`npm run record:calls`) they take the place of those in test/fixtures.
 */
import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecord } from '../../src/replay/read-record.ts';
import { replayCall } from '../../src/replay/replay-call.ts';
import { recordCalls } from '../support/calls-to-replay.ts';
import { writeFixtures } from '../support/fixture-records.ts';
import { RECORDED_CALLS } from '../support/recorded-call-sorts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let calls: ReadonlyMap<string, readonly string[]> = new Map();
let removeFolder = () => {};

beforeAll(async () => {
  const folder = temporaryFolder((remove) => {
    removeFolder = remove;
  });
  calls = await recordCalls(folder);
  if (process.env['RERECORD'] === '1') writeFixtures(calls);
}, 180_000);

afterAll(() => removeFolder());

describe.each(Object.keys(RECORDED_CALLS))('a recorded call: %s', (name) => {
  it('replays to the same states, answers and outbound bytes', async () => {
    const files = calls.get(name) ?? [];
    expect(files).toHaveLength(RECORDED_CALLS[name]!.streams);
    for (const file of files) {
      const record = readRecord(file);
      expect(record.isBrokenOff).toBe(false);
      const { difference, outputs } = await replayCall(record);
      expect(difference).toBeNull();
      expect(outputs.length).toBeGreaterThan(5);
    }
  });

  it('is of that sort, and readable for its owner only', () => {
    const files = calls.get(name) ?? [];
    expect(RECORDED_CALLS[name]!.sign(files.map((file) => readFileSync(file, 'utf8')).join(''))).toBe(true);
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
