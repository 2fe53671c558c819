/**
 * `npm run bench:observability -- --calls 200`: what traces and metrics cost the server. The same server, with the same callers,
 * talks in turns without them and with them: one trace a call to a collector that takes all of it, and a scrape each 5 s. Judge the
 * ratio: absolute times on shared machines are noise.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { LoadReport } from '../src/load/load-report.ts';
import { thisMachine } from '../src/load/machine.ts';
import { serverNodeOptions } from '../src/node-options.ts';
import { toCount } from './to-count.ts';

const TRUNKLINE = fileURLToPath(new URL('../src/cli/trunkline.ts', import.meta.url));
const FLOW = fileURLToPath(new URL('./flows/screening.yaml', import.meta.url));
const FLAGS = ['--disable-warning=ExperimentalWarning'];
const PUBLIC_URL = 'https://bench.trunkline.example';
const AUTH_TOKEN = 'an-auth-token-of-benchmarks';
const VENDOR_MS = 300;
const GOAL_RATIO = 1.03;
const SCRAPE_EVERY_MS = 5000;
const START_MAX_MS = 120_000;

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '200' },
    duration: { type: 'string', default: '45' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log('Usage: npm run bench:observability -- [--calls 200] [--duration 45] [--rounds 3]');
  process.exit(0);
}
const calls = toCount('calls', values.calls);
const durationS = toCount('duration', values.duration);
const rounds = toCount('rounds', values.rounds);

const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
process.once('SIGINT', () => process.exit(130));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, AUTH_TOKEN);

let spansBytes = 0;
const collector = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => {
    spansBytes += chunk.length;
  });
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  });
});
const collectorPort = await listen(collector);

const { cpu, cores, node, commit } = thisMachine();
console.log(`${cpu}, ${cores} cores, Node ${node}, commit ${commit}`);
console.log(`${calls} talking calls, held ${durationS} s, ${rounds} rounds\n`);
const costs = { off: [] as number[], on: [] as number[] };
for (let round = 1; round <= rounds; round++) {
  // Each goes first as often as the other.
  for (const state of round % 2 === 1 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
    const us = await measure(state === 'on');
    costs[state].push(us);
    console.log(`round ${round}  ${state.padEnd(3)}  ${us.toFixed(2)} us of CPU an inbound frame`);
  }
}
collector.close();
const [off, on] = [median(costs.off), median(costs.on)];
const ratio = on / off;
console.log(
  `\noff ${off.toFixed(2)} us, on ${on.toFixed(2)} us, ratio ${ratio.toFixed(3)} (at most ${GOAL_RATIO})`,
);
console.log(`spans sent: ${(spansBytes / 1024).toFixed(0)} KiB`);
process.exitCode = ratio <= GOAL_RATIO ? 0 : 1;

async function measure(isObserved: boolean): Promise<number> {
  const [port, standInPort] = [await freePort(), await freePort()];
  const server = spawn(process.execPath, [...FLAGS, TRUNKLINE, 'start', '--no-supervisor'], {
    cwd: folder,
    env: {
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      PUBLIC_URL,
      PORT: String(port),
      // The prompts of the first round serve them all.
      DATA_DIR: join(folder, 'data'),
      FLOW,
      MAX_CALLS: String(calls * 2),
      DRAIN_SECONDS: '0',
      LOG_LEVEL: 'error',
      SYNTHESIZERS: 'builtin',
      RECOGNIZERS: 'openai',
      OPENAI_API_KEY: 'sk-simulated',
      OPENAI_BASE_URL: `http://127.0.0.1:${standInPort}/v1`,
      SPECULATION: 'false',
      // As `trunkline start` runs its server.
      NODE_OPTIONS: serverNodeOptions(undefined),
      ...(isObserved ? { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collectorPort}` } : {}),
    },
    stdio: 'ignore',
  });
  try {
    await ready(port);
    const scraping = isObserved ? setInterval(() => void scrape(port), SCRAPE_EVERY_MS) : null;
    try {
      return await load(port, standInPort, server.pid!);
    } finally {
      if (scraping !== null) clearInterval(scraping);
    }
  } finally {
    await stop(server);
  }
}

async function load(port: number, standInPort: number, pid: number): Promise<number> {
  const file = join(folder, 'report.json');
  rmSync(file, { force: true });
  const options = [
    ...['--url', `http://127.0.0.1:${port}`, '--public-url', PUBLIC_URL, '--auth-token-file', tokenFile],
    ...['--server-pid', String(pid), '--recognizer', 'stand-in', '--stand-in-port', String(standInPort)],
    ...['--vendor-ms', String(VENDOR_MS), '--flow', FLOW, '--mix', 'talking=1', '--finish', '2'],
    ...['--calls', String(calls), '--rate', '30', '--duration', String(durationS), '--json', file],
  ];
  const child = spawn(process.execPath, [...FLAGS, TRUNKLINE, 'load', ...options], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('close', resolve));
  const report = JSON.parse(readFileSync(file, 'utf8')) as LoadReport;
  if (report.verdict === 'invalid') console.error('  the generator lagged: take fewer --calls');
  return report.findings.server!.cpuPerFrameUs;
}

async function ready(port: number): Promise<void> {
  const untilMs = performance.now() + START_MAX_MS;
  while (performance.now() < untilMs) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (answer?.ok === true) return;
    await sleep(200);
  }
  throw new Error(`Expected a server that is ready within ${START_MAX_MS / 1000} s`);
}

async function scrape(port: number): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );
}

async function stop(server: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  server.kill('SIGTERM');
  await gone;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return ((lower ?? Number.NaN) + (upper ?? Number.NaN)) / 2;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await listen(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
