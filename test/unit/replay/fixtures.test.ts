/**
 * Calls that were recorded by an earlier build. Where one is no longer the same, either a defect was made, or a call was
 * meant to become another: then `npm run record:calls` records them anew.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRecord } from '../../../src/replay/read-record.ts';
import { replayCall } from '../../../src/replay/replay-call.ts';
import { FIXTURES, fixtureFiles } from '../../support/fixture-records.ts';
import { RECORDED_CALLS } from '../../support/recorded-call-sorts.ts';

it('has a record of every sort of call', () => {
  const expected = Object.entries(RECORDED_CALLS).flatMap(([name, { streams }]) =>
    Array.from({ length: streams }, (_, stream) => `${name}-${stream}.jsonl.gz`),
  );
  expect(fixtureFiles()).toEqual(expected.sort());
});

it.each(fixtureFiles())('replays %s to the same states, answers and outbound bytes', async (name) => {
  const record = readRecord(join(FIXTURES, name));
  const { difference } = await replayCall(record);
  expect(difference).toBeNull();
  expect(record.isBrokenOff).toBe(false);
});
