/**
 * `npm run bench:calls -- --calls 200 --rate 25 [--record]`: places simulated calls on a server in a process of its own and prints how
 * each went and what it cost. The carrier shares the machine with the server: its own lateness is in the table, and
 * numbers of the server's mean little once that is more than a frame.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CallerVoice } from '../src/cli/caller-voice.ts';
import { ServerProcess } from '../src/load/server-process.ts';
import type { CallReport } from '../src/simulator/call-report.ts';
import type { CallerScript } from '../src/simulator/caller.ts';
import { SimulatedCarrier } from '../src/simulator/simulated-carrier.ts';
import { SqliteStore } from '../src/store/sqlite-store.ts';

const PUBLIC_URL = 'https://bench.trunkline.example';
const FLOW = fileURLToPath(new URL('../test/fixtures/flows/short.yaml', import.meta.url));
/** `end_of_speech_ms` of that flow: a wait that the author asked for is no latency of ours. */
const END_OF_SPEECH_MS = 400;
/** A bot silent for so long has ended its turn. */
const TURN_SILENCE_MS = 350;
/** After so many spoken answers the caller takes the keypad: it was not understood. */
const SPOKEN_TURNS_MAX = 4;
/** As the endpointer sees it: what is softer than -40 dBFS at the end of a word is no speech. */
const AUDIBLE_SAMPLE = 0.01;

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '200' },
    rate: { type: 'string', default: '25' },
    answers: { type: 'string', default: 'words' },
    record: { type: 'boolean', default: false },
  },
});
const calls = toCount('calls', values.calls);
const rateHz = toCount('rate', values.rate);
const { answers, record } = values;
if (answers !== 'words' && answers !== 'keys') {
  refuse(`Expected words or keys for --answers, received ${answers}`);
}
const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
try {
  await bench();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const authToken = randomBytes(16).toString('hex');
  const yes = await new CallerVoice('rms').speak('yes');
  const tailMs = silentTailMs(yes);
  const server = await ServerProcess.start({
    TWILIO_AUTH_TOKEN: authToken,
    PUBLIC_URL,
    DATA_DIR: folder,
    FLOW,
    MAX_CALLS: String(calls),
    RECORD_AUDIO: String(record),
    LOG_LEVEL: 'error',
  });
  const connectTo = { host: '127.0.0.1', port: server.port, tls: false };
  const carrier = new SimulatedCarrier({ authToken, publicUrl: PUBLIC_URL, connectTo, insecure: true });
  const turnLatenciesMs: number[] = [];
  await server.usage();
  const startedAtMs = performance.now();
  const ended: Promise<CallReport>[] = [];
  let mostAtOnce = 0;
  for (let index = 0; index < calls; index += 1) {
    const dueAtMs = startedAtMs + (index * 1000) / rateHz;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAtMs - performance.now())));
    const caller =
      answers === 'words'
        ? callerSaying(yes, (delayMs) => turnLatenciesMs.push(delayMs + tailMs - END_OF_SPEECH_MS))
        : callerPressing('1', (delayMs) => turnLatenciesMs.push(delayMs));
    ended.push(carrier.placeCall({ caller, timeLimitMs: 120_000 }).ended);
    mostAtOnce = Math.max(mostAtOnce, carrier.census().calls);
  }
  const reports = await Promise.all(ended);
  const durationMs = performance.now() - startedAtMs;
  const usage = await server.usage();
  const { latenessMaxMs } = carrier;
  await carrier.close();
  await server.stop();
  const outcomes = await readOutcomes();

  const frames = sum(reports.flatMap(({ streams }) => streams.map(({ mediaSent }) => mediaSent)));
  const gapsMs = reports.flatMap((report) => report.gapsMs);
  const firstAudioMs = reports.flatMap(({ firstAudioAtMs }) => firstAudioAtMs ?? []);
  const errors = reports.flatMap((report) => report.errors);
  print([
    ['machine', `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`],
    ['software', `Node ${process.version}, commit ${commit()}`],
    [
      'calls',
      `${calls} at ${rateHz}/s, ${mostAtOnce} at once, answered by ${answers}, ${(durationMs / 1000).toFixed(1)} s`,
    ],
    ['outcomes', [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ')],
    ['carrier errors', errors.length === 0 ? 'none' : `${errors.length}, first: ${errors[0]?.text}`],
    ['gaps in prompts', `${gapsMs.length}, longest ${Math.max(0, ...gapsMs).toFixed(0)} ms`],
    ['first audio', percentiles(firstAudioMs)],
    ['turn latency', percentiles(turnLatenciesMs)],
    ['server CPU', `${((usage.cpuMs * 1000) / frames).toFixed(1)} us an inbound frame (${frames} frames)`],
    ['', `${((100 * usage.cpuMs) / durationMs).toFixed(0)} % of a core, ${usage.residentMb.toFixed(0)} MB`],
    [
      'server loop delay',
      `p50 ${usage.loopDelayP50Ms.toFixed(1)}, p99 ${usage.loopDelayP99Ms.toFixed(1)}, longest ${usage.loopDelayMaxMs.toFixed(1)} ms`,
    ],
    ...(record ? [['recordings', recordings()] as const] : []),
    ['carrier lateness', `longest ${latenessMaxMs.toFixed(0)} ms`],
  ]);
  process.exitCode = outcomes.get('both') === calls ? 0 : 1;
}

function recordings(): string {
  const files = readdirSync(join(folder, 'recordings'));
  const whole = files.filter((name) => /-\d+\.wav$/.test(name));
  const bytes = sum(whole.map((name) => statSync(join(folder, 'recordings', name)).size));
  return `${whole.length} whole of ${files.length}, ${(bytes / 2 ** 20).toFixed(1)} MB`;
}

/** Says yes at every turn. `answered`: from the last frame of it to the bot's first audio. */
function callerSaying(yes: Uint8Array, answered: (delayMs: number) => void): CallerScript {
  let turns = 0;
  let saidAtMs: number | null = null;
  return {
    silenceMs: TURN_SILENCE_MS,
    onSilence: (caller) => {
      turns += 1;
      if (turns > SPOKEN_TURNS_MAX) caller.press('1');
      else caller.say(yes);
    },
    onSaid: (caller) => {
      saidAtMs = caller.nowMs;
    },
    onAudioStart: (caller) => {
      if (saidAtMs !== null) answered(caller.nowMs - saidAtMs);
      saidAtMs = null;
    },
  };
}

/** Answers on the keypad: what a turn costs without the recognizer. `answered`: from the key to the bot's first audio. */
function callerPressing(key: string, answered: (delayMs: number) => void): CallerScript {
  let pressedAtMs: number | null = null;
  return {
    silenceMs: TURN_SILENCE_MS,
    onSilence: (caller) => {
      pressedAtMs = caller.nowMs;
      caller.press(key);
    },
    onAudioStart: (caller) => {
      if (pressedAtMs !== null) answered(caller.nowMs - pressedAtMs);
      pressedAtMs = null;
    },
  };
}

/** What follows the last sound of a word in its clip. */
function silentTailMs(mulaw: Uint8Array): number {
  // G.711: the magnitude's code is inverted; small magnitudes are the large codes. 0x4f is about 1 % of full scale.
  const last = mulaw.findLastIndex((code) => (code & 0x7f) < 0x7f - magnitudeCode(AUDIBLE_SAMPLE));
  return (mulaw.length - 1 - last) / 8;
}

/** Mu-law, ITU-T G.711: 16 steps a segment; segment n begins at 33 * (2^n - 1) of 8158. */
function magnitudeCode(ratioOfFullScale: number): number {
  const biased = ratioOfFullScale * 8158 + 33;
  const segment = Math.floor(Math.log2(biased / 33));
  return segment * 16 + Math.floor((biased / 33 / 2 ** segment - 1) * 16);
}

async function readOutcomes(): Promise<Map<string, number>> {
  const store = SqliteStore.open(join(folder, 'trunkline.db'));
  const counts = new Map<string, number>();
  for (const { outcome, endReason } of await store.list(calls)) {
    const name = outcome ?? endReason ?? 'no end';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  store.close();
  return counts;
}

function percentiles(valuesMs: readonly number[]): string {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (ratio: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(ratio * sorted.length))] ?? Number.NaN).toFixed(0);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)} ms (${sorted.length})`;
}

function print(rows: readonly (readonly [string, string])[]): void {
  for (const [name, value] of rows) console.log(`${name.padEnd(18)} ${value}`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function commit(): string {
  try {
    const describe = ['describe', '--always', '--dirty'];
    return execFileSync('git', describe, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

function toCount(name: string, value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count;
  return refuse(`Expected a whole number from 1 to 10000 for --${name}, received ${value}`);
}

function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}
