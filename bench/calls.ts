/**
 * `npm run bench:calls -- --calls 300`: the canonical workload against this server and, in the same minutes, against its peers
 * (`bench/peers/`), by the same callers, and what each costs while it only listens. Each run is `trunkline load` in a
 * process of its own, so the generator and the stand-in of the vendor cost every server the same. Absolute times on shared
 * machines are noise: compare the rows of one run.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CallerVoice } from '../src/cli/caller-voice.ts';
import type { LoadReport } from '../src/load/load-report.ts';
import { missingPackages, type PeerName } from './peers/missing-packages.ts';
import { startPeer } from './peers/start-peer.ts';

const LOAD = fileURLToPath(new URL('../src/cli/trunkline.ts', import.meta.url));
const FLAGS = ['--disable-warning=ExperimentalWarning'];
const QUESTIONS = 12;
const END_OF_SPEECH_MS = 400;
const VENDOR_MS = 300;
/** As long as a prompt of the canonical flow. */
const PROMPT = 'Do you have trouble falling asleep at night?';

type Server = 'trunkline' | 'trunkline, built-in recognizer' | PeerName;
type Task = 'talking' | 'listening';

const HELP = `Usage: npm run bench:calls -- [options]

  --calls <n>       calls at once (default 300)
  --duration <s>    that each run holds them (default 60)
  --rate <n>        new calls a second (default 30)
  --task <which>    talking, listening or both (default both)
  --only <server>   trunkline, ws-js or python; repeat it for more (default: all)

Examples:
  npm run bench:calls -- --calls 100 --task listening
  npm run bench:calls -- --calls 1000 --rate 100 --task listening --only trunkline --only ws-js`;

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '300' },
    duration: { type: 'string', default: '60' },
    rate: { type: 'string', default: '30' },
    task: { type: 'string', default: 'both' },
    only: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const calls = toCount('calls', values.calls);
const durationS = toCount('duration', values.duration);
const rateHz = toCount('rate', values.rate);
const tasks = (['listening', 'talking'] as const).filter((task) => ['both', task].includes(values.task));
if (tasks.length === 0) refuse(`Expected talking, listening or both for --task, received ${values.task}`);
const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
process.once('SIGINT', () => process.exit(130));

console.log(`${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.version}`);
console.log(
  `${calls} calls at ${rateHz}/s, held ${durationS} s; recognizer ${VENDOR_MS} ms, end of speech ${END_OF_SPEECH_MS} ms`,
);
const prompt = join(folder, 'prompt.ulaw');
const goodbye = join(folder, 'goodbye.ulaw');
const voice = new CallerVoice('slt');
writeFileSync(prompt, await voice.speak(PROMPT));
writeFileSync(goodbye, await voice.speak('Thank you. Goodbye.'));
let commit = 'unknown';
for (const task of tasks) await compare(task);
console.log(`\ncommit ${commit}`);

async function compare(task: Task): Promise<void> {
  const servers: readonly Server[] = [
    'trunkline',
    ...(task === 'talking' ? (['trunkline, built-in recognizer'] as const) : []),
    'ws-js',
    'python',
  ];
  const wanted = servers.filter(
    (server) => values.only.length === 0 || values.only.some((name) => server.startsWith(name)),
  );
  console.log(`\n${task}`);
  print([
    'server',
    'CPU a frame',
    'of Trunkline',
    'of a core',
    'resident',
    'turn p50 / p99',
    'first audio p99',
    'gaps',
    'right',
    '',
  ]);
  let ownUs: number | null = null;
  for (const server of wanted) {
    const missing = server === 'ws-js' || server === 'python' ? missingPackages(server) : null;
    const report = missing === null ? await load(server, task) : null;
    if (report === null) {
      console.log(`${server}: ${missing ?? 'the run gave no report'}`);
      continue;
    }
    commit = report.machine.commit;
    const { server: used } = report.findings;
    if (server === 'trunkline') ownUs = used?.cpuPerFrameUs ?? null;
    print(rowOf(server, report, ownUs));
  }
}

function rowOf(name: Server, { findings, verdict }: LoadReport, ownUs: number | null): string[] {
  const { counts, firstAudio, gaps, server, turn } = findings;
  const ms = (value: number | null | undefined) => (value == null ? '-' : `${value.toFixed(0)} ms`);
  return [
    name,
    server === null ? '-' : `${server.cpuPerFrameUs.toFixed(1)} us`,
    server === null || ownUs === null ? '-' : `${(server.cpuPerFrameUs / ownUs).toFixed(2)}`,
    server === null ? '-' : `${(100 * server.cpuRatio).toFixed(0)} %`,
    server === null ? '-' : `${(server.residentBytes / 2 ** 20).toFixed(0)} MB`,
    turn.count === 0 ? '-' : `${ms(turn.p50Ms)} / ${ms(turn.p99Ms)}`,
    ms(firstAudio.p99Ms),
    String(gaps.count),
    `${counts.right} of ${counts.offered}`,
    verdict === 'invalid' ? 'INVALID: the generator lagged' : '',
  ];
}

/** Null where the run ended without a report. */
async function load(server: Server, task: Task): Promise<LoadReport | null> {
  const file = join(folder, 'report.json');
  rmSync(file, { force: true });
  const common = [
    '--calls',
    String(calls),
    '--rate',
    String(rateHz),
    '--duration',
    String(durationS),
    '--json',
    file,
  ];
  const mix = task === 'listening' ? ['--mix', 'listening=1', '--finish', '2'] : ['--mix', 'talking=1'];
  if (server === 'trunkline') await run([...common, ...mix]);
  else if (server === 'trunkline, built-in recognizer')
    await run([...common, ...mix, '--recognizer', 'builtin']);
  else await loadPeer(server, task, [...common, ...mix]);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LoadReport;
  } catch {
    return null;
  }
}

async function loadPeer(name: PeerName, task: Task, options: readonly string[]): Promise<void> {
  const standInPort = await freePort();
  const peer = await startPeer(name, {
    questions: task === 'listening' ? 0 : QUESTIONS,
    prompt,
    goodbye,
    endOfSpeechMs: END_OF_SPEECH_MS,
    openAiBaseUrl: `http://127.0.0.1:${standInPort}/v1`,
    openAiApiKey: 'sk-simulated',
  });
  try {
    const url = [
      '--url',
      `http://127.0.0.1:${peer.port}`,
      '--server-pid',
      String(peer.pid),
      '--slo-wrong',
      'off',
    ];
    const vendor = [
      '--recognizer',
      'stand-in',
      '--stand-in-port',
      String(standInPort),
      '--vendor-ms',
      String(VENDOR_MS),
    ];
    await run([...options, ...url, ...(task === 'listening' ? [] : vendor)]);
  } finally {
    await peer.stop();
  }
}

/** Its verdict is in the report. */
function run(options: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...FLAGS, LOAD, 'load', ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 2) console.error(said.trim());
      resolve();
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function print(cells: readonly string[]): void {
  const widths = [32, 13, 14, 11, 10, 20, 17, 6, 14, 0];
  console.log(
    cells
      .map((cell, index) => cell.padEnd(widths[index]!))
      .join('')
      .trimEnd(),
  );
}

function toCount(name: string, value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count;
  return refuse(`Expected a whole number from 1 to 10000 for --${name}, received ${value}`);
}

function refuse(reason: string): never {
  console.error(`${reason}\n\n${HELP}`);
  process.exit(2);
}
