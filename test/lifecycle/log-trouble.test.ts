/**
 * The log has no reader, a reader that stands still, or a full disk: calls are served as ever, the process ends as ever, and
 * what was lost of the log is told.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { FullPipe } from '../support/full-pipe.ts';
import { ProcessRig } from '../support/process-rig.ts';
import { fillDisk, smallDisk } from '../support/small-disk.ts';
import { NUMBERS, TURN_SILENCE_MS } from '../support/trunkline-rig.ts';

const CALLS = 100;
const FLOOD = fileURLToPath(new URL('../support/log-flood.ts', import.meta.url));

/**
 * Every caller hears every question and answers it. They do so in turn and without a look at the record, which may not be
 * there yet.
 */
async function callsAreServed(rig: ProcessRig, calls: number) {
  const yes = await speak('yes');
  const placed = Array.from({ length: calls }, () => {
    const answers = [yes, yes, '123'];
    return rig.carrier.placeCall({
      to: NUMBERS.three,
      caller: {
        silenceMs: TURN_SILENCE_MS,
        onSilence: (caller) => {
          const answer = answers.shift();
          if (typeof answer === 'string') caller.press(answer);
          else if (answer !== undefined) caller.say(answer);
        },
      },
      timeLimitMs: 60_000,
    });
  });
  const reports = await Promise.all(placed.map((call) => call.ended));
  for (const report of reports) expect(report).toMatchObject({ endedBy: 'server', errors: [] });
  return { placed, gapMs: Math.max(0, ...reports.flatMap(({ gapsMs }) => gapsMs)) };
}

async function lostLines(rig: ProcessRig): Promise<number> {
  const told = (await (await rig.get('/readyz')).json()) as { log: { lostLines: number } };
  return told.log.lostLines;
}

describe('a log whose reader stands still', () => {
  it('s18 holds up no audio of 100 calls at LOG_LEVEL=debug, and not the exit', {
    timeout: 120_000,
  }, async () => {
    const pipe = new FullPipe();
    const rig = await ProcessRig.start({
      commandLine: ['start', '--no-supervisor'],
      environment: { LOG_LEVEL: 'debug' },
      shell: `exec 2>${pipe.path}`,
    });
    const { gapMs, placed } = await callsAreServed(rig, CALLS);
    process.stdout.write(
      `${CALLS} calls, nobody reads the log: the longest gap was ${gapMs.toFixed(0)} ms\n`,
    );
    expect(gapMs).toBeLessThan(150);
    const ended = placed.map(({ callSid }) => rig.finalRecord(callSid));
    expect((await Promise.all(ended)).map(({ outcome }) => outcome)).toEqual(placed.map(() => 'done'));
    rig.process.signal('SIGTERM');
    expect(await rig.process.exited).toBe(0);
  });

  it('s18 and that of all else that is printed, as with 2>&1, ends no server and keeps none from ending', async () => {
    const pipe = new FullPipe();
    const rig = await ProcessRig.start({ shell: `exec >${pipe.path} 2>&1`, isMute: true });
    await callsAreServed(rig, 2);
    rig.process.signal('SIGTERM');
    expect(await rig.process.exited).toBe(0);
  });

  it('s18 costs a line no time and the process no memory, and what was lost is counted and told', async () => {
    const pipe = new FullPipe();
    const flood = spawn('bash', ['-c', `exec 2>${pipe.path}; exec "$@"`, 'bash', process.execPath, FLOOD], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    onTestFinished(() => void flood.kill('SIGKILL'));
    const exited = new Promise((resolve) => flood.once('exit', resolve));
    const told = await new Promise<string>((resolve) =>
      flood.stdout.once('data', (text) => resolve(`${text}`)),
    );
    const { slowestMs, grewMb, lost } = JSON.parse(told);
    process.stdout.write(
      `60,000 lines that nobody reads: ${lost} lost, ${slowestMs.toFixed(1)} ms the slowest, ${grewMb} MB\n`,
    );
    expect(lost).toBeGreaterThan(40_000);
    expect(slowestMs).toBeLessThan(100);
    expect(grewMb).toBeLessThan(60);

    let read = '';
    await vi.waitFor(
      () => {
        read += pipe.read();
        expect(read).toContain('"event":"log.lost"');
      },
      { timeout: 10_000, interval: 5 },
    );
    flood.stdin.end();
    expect(await exited).toBe(0);
    read += pipe.read();
    const lines = read
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ event: 'log.lost', level: 40, lines: lost, workerId: 'flood' });
    expect(lines.length - 1 + lost).toBe(60_000);
  });

  it('s18 has gone: calls are served, and the process ends with code 0', async () => {
    const rig = await ProcessRig.start({ shell: 'exec > >(exec true) 2>&1', isMute: true });
    await callsAreServed(rig, 2);
    rig.process.signal('SIGTERM');
    expect(await rig.process.exited).toBe(0);
  });
});

describe('a full disk', () => {
  it('s07 under all output: calls are served, and the process ends with code 0', async () => {
    const rig = await ProcessRig.start({ shell: 'exec >/dev/full 2>&1', isMute: true });
    await callsAreServed(rig, 2);
    rig.process.signal('SIGTERM');
    expect(await rig.process.exited).toBe(0);
  });

  it('s07 under the store and the log: calls are served, /readyz says so, and both are whole when there is room', {
    timeout: 60_000,
  }, async (context) => {
    const disk = smallDisk(8);
    if (disk === null) return context.skip('this user may not mount a small file system');
    const logFile = join(disk, 'log');
    const rig = await ProcessRig.start({
      commandLine: ['start', '--no-supervisor'],
      dataFolder: disk,
      shell: `exec 2>${logFile}`,
    });
    fillDisk(join(disk, 'filler'));
    const { placed } = await callsAreServed(rig, 10);
    const told = await (await rig.get('/readyz')).json();
    expect(told).toMatchObject({ ready: true, store: { isDurable: false } });
    expect((told as { store: { deferredCommits: number } }).store.deferredCommits).toBeGreaterThanOrEqual(10);

    rmSync(join(disk, 'filler'));
    const records = await Promise.all(placed.map(({ callSid }) => rig.finalRecord(callSid)));
    expect(records.map(({ outcome }) => outcome)).toEqual(placed.map(() => 'done'));
    const events = () =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).event);
    await vi.waitFor(
      () => expect(events()).toEqual(expect.arrayContaining(['store.failed', 'store.recovered'])),
      {
        timeout: 5000,
      },
    );
    expect(await lostLines(rig)).toBe(0);
    await rig.freshCallerIsServed();
  });
});
