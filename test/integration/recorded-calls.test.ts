import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readRecord } from '../../src/replay/read-record.ts';
import { replayCall } from '../../src/replay/replay-call.ts';
import { speak } from '../support/caller-speech.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const folder = mkdtempSync(join(tmpdir(), 'rec-'));
let rig: TrunklineRig;
beforeAll(async () => {
  rig = await TrunklineRig.start({ RECORD_CALLS: folder });
}, 60000);
afterAll(() => rig.close());

it('replays', async () => {
  const yes = await speak('yes');
  const calls = await Promise.all([
    rig.place({ answers: { first: yes, second: yes } }).finished,
    rig.place({ answers: { first: '1', second: '2' } }).finished,
    rig.place({}).finished,
  ]);
  console.log(
    folder,
    calls.map((c) => c.record.outcome),
  );
  await vi.waitFor(() => expect(readdirSync(folder).filter((n) => n.endsWith('.jsonl')).length).toBe(3), {
    timeout: 5000,
  });
  for (const name of readdirSync(folder)) {
    const record = readRecord(join(folder, name));
    const result = await replayCall(record);
    console.log(
      name,
      record.lines.length,
      record.isBrokenOff,
      result.outputs.length,
      JSON.stringify(result.difference),
    );
  }
});
