/** `trunkline load` as an operator has it: against a server of its own and one that runs already. No time is judged here. */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { LoadReport } from '../../src/load/load-report.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';

const FLOW = fileURLToPath(new URL('../fixtures/flows/short.yaml', import.meta.url));
/** How fast a server answers is no question for a machine that runs tests. */
const NO_TIMES = ['turn-p99', 'first-audio-p99', 'barge-in-p99', 'gap-max', 'refusal-p99'].flatMap((name) => [
  `--slo-${name}`,
  'off',
]);
/** Kept, or a generator that a busy machine has held up: either way the calls are as they should be. */
const KEPT_OR_LAGGED = [0, 3];

function startLoad(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const json = join(temporaryFolder(), 'report.json');
  const load = new TrunklineProcess(['load', '--json', json, ...NO_TIMES, ...args], environment);
  const report = (): LoadReport => JSON.parse(readFileSync(json, 'utf8'));
  return { load, report };
}

/** Child processes of a process, by name. */
function childrenOf(pid: number, name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        // The kernel keeps 15 characters of a name.
        return parent === pid && stat.includes(`(${name.slice(0, 15)})`) ? [Number(entry)] : [];
      } catch {
        return [];
      }
    });
}

describe('trunkline load', () => {
  it('brings every caller to the outcome of its own answers, which the store has', async () => {
    const mix = 'talking=5,keypad=2,barge-in=1,hang-up=1,quiet=1';
    const args = ['--calls', '10', '--rate', '10', '--duration', '2', '--finish', '40', '--seed', '4'];
    const { load, report } = startLoad([...args, '--flow', FLOW, '--mix', mix]);
    const code = await load.exited;
    const { findings } = report();
    expect(findings.complaints).toEqual([]);
    expect(code).toBeOneOf(KEPT_OR_LAGGED);
    expect(findings.counts).toMatchObject({ wrong: 0, dropped: 0, refused: 0, cut: 0 });
    expect(findings.counts.right).toBeGreaterThanOrEqual(10);
    expect(findings.isStoreRead).toBe(true);
    expect(findings.recognizer).toMatchObject({ rejected: 0, unclear: 0 });
    expect(findings.server?.cpuPerFrameUs).toBeGreaterThan(0);
    expect(findings.fsync.count).toBeGreaterThan(0);
  });

  it('loads a server that runs already, signed as Twilio would', async () => {
    const settings = { PUBLIC_URL: 'https://bot.example.com', TWILIO_AUTH_TOKEN: '0123456789abcdef' };
    const server = new TrunklineProcess(['start', '--no-supervisor'], {
      ...settings,
      DATA_DIR: temporaryFolder(),
      LOG_LEVEL: 'error',
    });
    const address = await server.listens();
    await server.prints(/Ready for calls/);
    const args = ['--url', address, '--server-pid', String(server.pid), '--data-dir', tmpdir()];
    const callers = ['--calls', '4', '--rate', '10', '--duration', '2', '--mix', 'talking', '--flow', FLOW];
    const { load, report } = startLoad([...args, ...callers], settings);
    const code = await load.exited;
    const { findings } = report();
    expect(findings.complaints).toEqual([]);
    expect(findings.counts).toMatchObject({ offered: 4, right: 4 });
    expect(code).toBeOneOf(KEPT_OR_LAGGED);
    expect(findings.isStoreRead).toBe(false);
    expect(findings.server?.residentBytes).toBeGreaterThan(0);
  });

  it('finds a run invalid whose generator stood still', async () => {
    const { load, report } = startLoad([
      '--calls',
      '5',
      '--rate',
      '10',
      '--duration',
      '6',
      '--mix',
      'listening',
    ]);
    await load.complains(/hold/);
    const [engine] = childrenOf(load.pid, 'trunkline-callers');
    process.kill(engine!, 'SIGSTOP');
    await load.complains(/finish/);
    process.kill(engine!, 'SIGCONT');
    expect(await load.exited, load.stderr).toBe(3);
    expect(load.stdout).toContain('INVALID: the generator lagged');
    expect(report().findings.generator.reasons.join()).toContain('stood still');
  });

  it('counts those that a full server refuses, and tells what it has at Ctrl-C', async () => {
    const limits = ['--max-calls', '3', '--slo-refused', '0'];
    const { load, report } = startLoad([
      ...limits,
      '--calls',
      '6',
      '--duration',
      '60',
      '--mix',
      'listening',
      '--flow',
      FLOW,
    ]);
    await load.complains(/[1-9]\d* refused/);
    const engines = childrenOf(load.pid, 'trunkline-callers');
    load.signal('SIGINT');
    expect(await load.exited, load.stderr).toBe(130);
    const { counts } = report().findings;
    expect(counts).toMatchObject({ dropped: 0, wrong: 0 });
    // More than three where one was on its way when the interrupt hung up those before it.
    expect(counts.admitted).toBeGreaterThanOrEqual(3);
    expect(counts.refused).toBe(counts.offered - counts.admitted);
    expect(load.stdout).toContain('Interrupted');
    expect(engines).toHaveLength(1);
    expect(childrenOf(load.pid, 'trunkline-callers')).toEqual([]);
  });

  it('refuses wrong usage before anything is started', async () => {
    const { load } = startLoad(['--url', 'https://bot.example.com']);
    expect(await load.exited).toBe(2);
    expect(load.stderr).toMatch(/--url: expected where the server itself listens/);
    const standIn = ['--recognizer', 'stand-in', '--stand-in-port', String(20_000 + (process.pid % 10_000))];
    const { load: gone } = startLoad(['--url', 'http://127.0.0.1:9', '--server-pid', '4194303', ...standIn]);
    expect(await gone.exited).toBe(2);
    const { load: nowhere } = startLoad(['--data-dir', '/nowhere/at/all']);
    expect(await nowhere.exited).toBe(2);
    expect(nowhere.stderr).toMatch(/--data-dir: expected a folder that can be written to/);
  });
});
