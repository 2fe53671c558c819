/**
 * `npm run bench:turns -- --turns 60 --vendor-ms 300`: how long a caller waits for the bot's first byte after their last
 * sound, with a recognizer that takes so long, once with transcription in the caller's first pause and once without. One
 * call at a time; the strict stand-in of OpenAI runs in this process, the server in one of its own.
 *
 * What is left after the question's end-of-speech delay and the vendor's time is ours: threads, HTTP, the flow, the commit.
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeG711 } from '../src/audio/g711.ts';
import { systemClock } from '../src/clock.ts';
import { thisMachine } from '../src/load/machine.ts';
import { ServerProcess } from '../src/load/server-process.ts';
import type { CallerScript } from '../src/simulator/caller.ts';
import { SimulatedCarrier } from '../src/simulator/simulated-carrier.ts';
import { OpenAiVendor } from '../src/simulator/vendors/openai-vendor.ts';
import { toCount } from './to-count.ts';

const PUBLIC_URL = 'https://bench.trunkline.example';
const FLOW = fileURLToPath(new URL('../test/fixtures/flows/short.yaml', import.meta.url));
/** `end_of_speech_ms` of that flow. */
const END_OF_SPEECH_MS = 400;
const TURN_SILENCE_MS = 350;
const TURNS_A_CALL = 2;
const GOAL_MS = 15;

const { values } = parseArgs({
  options: { turns: { type: 'string', default: '60' }, 'vendor-ms': { type: 'string', default: '300' } },
});
const turns = toCount('turns', values.turns);
const vendorMs = toCount('vendor-ms', values['vendor-ms']);

const machine = thisMachine();
console.log(`machine    ${machine.cpu}, ${machine.cores} cores`);
console.log(`software   Node ${machine.node}, commit ${machine.commit}`);
console.log(`task       ${turns} turns, one call at a time; the vendor answers after ${vendorMs} ms`);
const waits = { off: await measure(false), on: await measure(true) };
print('speculation off', waits.off, END_OF_SPEECH_MS + vendorMs);
// The vendor begins 200 ms after the last sound, the rest of the end-of-speech delay runs beside it.
print('speculation on', waits.on, Math.max(END_OF_SPEECH_MS, 200 + vendorMs));

async function measure(speculates: boolean): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const authToken = randomBytes(16).toString('hex');
  const vendor = await OpenAiVendor.listen({ clock: systemClock, latencyMs: vendorMs });
  const server = await ServerProcess.start({
    TWILIO_AUTH_TOKEN: authToken,
    PUBLIC_URL,
    DATA_DIR: folder,
    FLOW,
    LOG_LEVEL: 'error',
    OPENAI_API_KEY: vendor.apiKey,
    OPENAI_BASE_URL: vendor.baseUrl,
    SPECULATION: String(speculates),
  });
  const carrier = new SimulatedCarrier({
    authToken,
    publicUrl: PUBLIC_URL,
    connectTo: { host: '127.0.0.1', port: server.port, tls: false },
    insecure: true,
  });
  try {
    const waitsMs: number[] = [];
    // The first call warms connections and code up.
    for (let call = 0; call <= turns / TURNS_A_CALL; call += 1) {
      const ofCall: number[] = [];
      await carrier.placeCall({ caller: callerSaying(word(), ofCall), timeLimitMs: 30_000 }).ended;
      if (call > 0) waitsMs.push(...ofCall);
    }
    return waitsMs;
  } finally {
    await carrier.close();
    await server.stop();
    await vendor.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Speaks at each turn; `waitsMs`: from the end of the last frame of it to the bot's first byte. */
function callerSaying(said: Uint8Array, waitsMs: number[]): CallerScript {
  let saidAtMs: number | null = null;
  return {
    silenceMs: TURN_SILENCE_MS,
    onSilence: (caller) => caller.say(said),
    onSaid: (caller) => {
      saidAtMs = caller.nowMs;
    },
    onMedia: (caller) => {
      if (saidAtMs !== null) waitsMs.push(caller.nowMs - saidAtMs);
      saidAtMs = null;
    },
  };
}

/** 500 ms of a vowel-like sound that ends as sharply as it begins: so that the last sound is known to the sample. */
function word(): Uint8Array {
  const samples = Int16Array.from({ length: 4000 }, (_, at) => {
    const seconds = at / 8000;
    const pitchHz = 140 + 20 * Math.sin(2 * Math.PI * 3 * seconds);
    let sum = 0;
    for (let harmonic = 1; harmonic <= 20; harmonic++) {
      const hz = pitchHz * harmonic;
      const formant = 1 / (1 + ((hz - 700) / 150) ** 2) + 0.6 / (1 + ((hz - 1200) / 200) ** 2);
      sum += formant * Math.sin(2 * Math.PI * hz * seconds);
    }
    return Math.max(-32_000, Math.min(32_000, Math.round(sum * 5000)));
  });
  return encodeG711('mulaw', samples);
}

function print(name: string, waitsMs: readonly number[], expectedMs: number): void {
  const sorted = [...waitsMs].sort((a, b) => a - b);
  const at = (ratio: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(ratio * sorted.length))] ?? Number.NaN;
  const oursMs = at(0.5) - expectedMs;
  console.log(
    `${name.padEnd(16)} p50 ${at(0.5).toFixed(1)}, p90 ${at(0.9).toFixed(1)}, longest ${at(1).toFixed(1)} ms (${sorted.length}); ` +
      `expected ${expectedMs}, so ours is ${oursMs.toFixed(1)} ms (goal: ${GOAL_MS})`,
  );
}
