/** A server that is killed or told to stop while it records calls, and the command that replays what there is of them. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { FIXTURES } from '../support/fixture-records.ts';
import { ProcessRig } from '../support/process-rig.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';

const COMMAND = fileURLToPath(new URL('../../src/cli/trunkline.ts', import.meta.url));

/** `trunkline replay`, as a process. */
function startReplay(...options: string[]) {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', COMMAND, 'replay', ...options]);
}

function replay(...options: string[]): Promise<{ code: number | null; printed: string }> {
  const child = startReplay(...options);
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, printed })));
}

it('kill -9 leaves a record that replays as far as it goes, and the call that comes back a whole one', async () => {
  const folder = join(temporaryFolder(), 'records');
  const rig = await ProcessRig.start({ environment: { RECORD_CALLS: folder } });
  expect(rig.process.stdout).toContain(`every call, to be replayed, in ${folder}`);
  const call = rig.place('short', { first: '1', second: '2' });
  const part = join(folder, `${call.callSid}-0.jsonl.part`);
  await vi.waitFor(() => expect(readFileSync(part, 'utf8')).toContain('"how":"digits"'), {
    timeout: 30_000,
    interval: 50,
  });
  rig.process.signalServer('SIGKILL');
  await call.ended;
  const names = [`${call.callSid}-0.incomplete.jsonl`, `${call.callSid}-1.jsonl`];
  await vi.waitFor(() => expect(readdirSync(folder).sort()).toEqual(names), { timeout: 15_000 });
  const [cut, whole] = await Promise.all(names.map((name) => replay(join(folder, name))));
  expect(cut!.code).toBe(2);
  expect(cut!.printed).toMatch(/caller {2}presses 1[\s\S]*broken off: .*the same up to there/);
  expect(whole!.code).toBe(0);
  expect(whole!.printed).toMatch(/short problem on the line[\s\S]*decided: [\s\S]*same: /);
}, 120_000);

it('SIGTERM lets a call finish, and its record is whole', async () => {
  const folder = join(temporaryFolder(), 'records');
  const rig = await ProcessRig.start({ environment: { RECORD_CALLS: folder } });
  const call = rig.place('short', { first: '1', second: '2' });
  await vi.waitFor(async () => expect(await rig.record(call.callSid)).not.toBeNull(), { timeout: 30_000 });
  rig.process.signal('SIGTERM');
  await call.ended;
  expect(await rig.process.exited).toBe(0);
  expect(readdirSync(folder)).toEqual([`${call.callSid}-0.jsonl`]);
  const { code, printed } = await replay('--json', folder);
  expect(code).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({ result: 'same', callSid: call.callSid });
});

it('a second server, which finds the port taken, leaves the records of the first alone', async () => {
  const folder = join(temporaryFolder(), 'records');
  const rig = await ProcessRig.start({ environment: { RECORD_CALLS: folder } });
  const answers: Record<string, string> = {};
  const call = rig.place('short', answers);
  const part = join(folder, `${call.callSid}-0.jsonl.part`);
  await vi.waitFor(() => expect(readFileSync(part).length).toBeGreaterThan(50_000), { timeout: 30_000 });
  const second = new TrunklineProcess(['start'], {
    PORT: String(rig.port),
    DATA_DIR: rig.folder,
    RECORD_CALLS: folder,
  });
  expect(await second.exited).not.toBe(0);
  expect(second.stderr).toContain('ERR_PORT_TAKEN');
  Object.assign(answers, { first: '1', second: '2' });
  await call.ended;
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([`${call.callSid}-0.jsonl`]), {
    timeout: 10_000,
  });
  expect((await replay(folder)).code).toBe(0);
}, 120_000);

it('a replay whose reader has gone still says by its exit code how it went', async () => {
  const child = startReplay(FIXTURES);
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect([code, complaints]).toEqual([0, '']);
});
