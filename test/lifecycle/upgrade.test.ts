/** A new version with the records and calls of an old one, and the other way round: it reads them, or takes no call. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { callsMigration } from '../../src/store/migrations/0001-calls.ts';
import { speak } from '../support/caller-speech.ts';
import { ProcessRig } from '../support/process-rig.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';

const THREE = fileURLToPath(new URL('../fixtures/flows/three.yaml', import.meta.url));

describe('s20 an upgrade', () => {
  it('brings the records of the first version up to date, and goes on with them', async () => {
    const folder = temporaryFolder();
    const older = new DatabaseSync(join(folder, 'trunkline.db'));
    older.exec(callsMigration.sqlite);
    older.exec(`pragma user_version = 1;
      insert into calls (call_sid, attempt, from_number, to_number, flow_hash, started_at_wall_ms, updated_at_wall_ms, ended_at_wall_ms, end_reason, outcome, answers)
      values ('CA${'1'.repeat(32)}', 0, '+12025550123', '+12025550101', 'f', 1000, 2000, 2000, 'completed', 'eligible', '{"age":70}')`);
    older.close();
    const rig = await ProcessRig.start({ commandLine: ['start', '--no-supervisor'], dataFolder: folder });
    await rig.freshCallerIsServed();
    rig.process.signal('SIGTERM');
    expect(await rig.process.exited).toBe(0);
    const shown = new TrunklineProcess(['calls', 'export', '--format', 'json'], { DATA_DIR: folder });
    expect(await shown.exited).toBe(0);
    const calls = JSON.parse(shown.stdout) as { callSid: string; outcome: string | null }[];
    expect(calls).toHaveLength(2);
    expect(calls.find(({ callSid }) => callSid.startsWith('CA111'))).toMatchObject({ outcome: 'eligible' });
  });

  it('that is taken back finds newer records, and refuses before it takes calls', async () => {
    const folder = temporaryFolder();
    const newer = new DatabaseSync(join(folder, 'trunkline.db'));
    newer.exec('pragma user_version = 99');
    newer.close();
    const refused = new TrunklineProcess(['start'], { DATA_DIR: folder });
    expect(await refused.exited).toBe(1);
    expect(refused.stdout).not.toContain('listens on');
    expect(refused.stderr).toMatch(/schema version \d+ or older .*, received 99.*\(ERR_STORE\)\n$/);
  });

  it('of the flow under live calls: each ends in the version that it began with, and the next caller has the new one', {
    timeout: 120_000,
  }, async () => {
    const yes = await speak('yes');
    const flow = join(temporaryFolder(), 'three.yaml');
    copyFileSync(THREE, flow);
    const rig = await ProcessRig.start({ environment: { FLOW: flow } });
    const answers = { first: yes, second: yes, sure: yes, number: '123' };
    const early: { -readonly [node in keyof typeof answers]?: (typeof answers)[node] } = { first: yes };
    const calls = Array.from({ length: 5 }, () => rig.place('three', early));
    await vi.waitFor(
      async () => {
        const records = await rig.records();
        expect(records.filter((record) => record.answers['first'] === true).length).toBe(calls.length);
      },
      { timeout: 30_000 },
    );
    // The question that they are at is gone, and so is the outcome that they are on their way to.
    const changed = readFileSync(flow, 'utf8')
      .replaceAll('second', 'sure')
      .replace('outcome: done', 'outcome: changed');
    writeFileSync(flow, changed);
    rig.process.signalServer('SIGKILL');
    Object.assign(early, answers);

    await Promise.all(calls.map((call) => call.ended));
    for (const { callSid } of calls) {
      const record = await rig.finalRecord(callSid);
      expect(record).toMatchObject({ outcome: 'done', endReason: 'completed' });
      expect(record.answers).toEqual({ first: true, second: true, number: 123 });
    }
    const next = rig.place('three', answers);
    await next.ended;
    const record = await rig.finalRecord(next.callSid);
    expect(record).toMatchObject({ outcome: 'changed' });
    expect(record.answers).toEqual({ first: true, sure: true, number: 123 });
  });
});
