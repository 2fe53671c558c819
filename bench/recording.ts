/**
 * `npm run bench:recording`: what a recorded call costs a frame beside one that is not. Two hundred streams on one thread take
 * half a minute of media each, as fast as they can, without sockets: so the ratio is of our own work alone, and of a real
 * frame's cost, which is mostly the kernel's and Node's, it is less. Recordings go to a temporary folder, by their thread.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TELEPHONE_FORMAT } from '../src/audio/audio-format.ts';
import { createStreamReceiver } from '../src/audio/stream-receiver.ts';
import { systemClock } from '../src/clock.ts';
import { thisMachine } from '../src/load/machine.ts';
import { createLog } from '../src/log.ts';
import { MediaCensus } from '../src/media/media-census.ts';
import { MediaStream } from '../src/media/media-stream.ts';
import { PromptRegistry } from '../src/media/prompt-registry.ts';
import { TimerWheel } from '../src/media/timer-wheel.ts';
import { TwilioTransport } from '../src/media/twilio-transport.ts';
import { RecordLink } from '../src/record-link.ts';
import { recordName } from '../src/recordings/record-name.ts';

const STREAMS = 200;
const FRAMES = 1500;
const ROUNDS = 5;
/** The streams pause for the disk after every second of theirs: it could not follow otherwise. */
const FRAMES_AT_ONCE = 50;
const SID = `MZ${'0'.repeat(32)}`;

const log = createLog({ level: 'silent' });
const plane = {
  clock: systemClock,
  wheel: new TimerWheel(systemClock, () => {}),
  registry: new PromptRegistry(),
  census: new MediaCensus(),
  log,
};
const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
const link = new RecordLink({
  workerUrl: new URL('../src/recordings/record-worker.ts', import.meta.url),
  start: { folder, keepDays: 1, logLevel: 'silent', logPii: false },
  clock: systemClock,
  log,
});
const messages = Array.from({ length: FRAMES }, (_, index) => mediaMessage(index + 1));

try {
  const off: Cost[] = [];
  const on: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    off.push(await cost(round, false));
    on.push(await cost(round, true));
  }
  const best = (costs: readonly Cost[], of: keyof Cost): number => Math.min(...costs.map((one) => one[of]));
  const [frameOff, frameOn] = [best(off, 'ioThreadUs'), best(on, 'ioThreadUs')];
  const [allOff, allOn] = [best(off, 'processUs'), best(on, 'processUs')];
  const us = (value: number): string => `${value.toFixed(2)} us a frame`;
  const machine = thisMachine();
  print([
    ['machine', `${machine.cpu}, ${machine.cores} cores`],
    ['software', `Node ${machine.node}, commit ${machine.commit}`],
    ['streams', `${STREAMS}, ${FRAMES} frames each, the best of ${ROUNDS} rounds`],
    ['I/O thread, off', us(frameOff)],
    ['I/O thread, on', `${us(frameOn)}, ${(frameOn / frameOff).toFixed(2)} times`],
    ['process CPU, off', us(allOff)],
    ['process CPU, on', `${us(allOn)}, ${(allOn / allOff).toFixed(2)} times: with the thread that writes`],
    ['given up', String(link.counts().incomplete)],
  ]);
} finally {
  await link.close();
  rmSync(folder, { recursive: true, force: true });
}

interface Cost {
  readonly ioThreadUs: number;
  /** User and system, of all threads, until everything was on disk. */
  readonly processUs: number;
}

async function cost(round: number, isRecorded: boolean): Promise<Cost> {
  const streams = Array.from({ length: STREAMS }, (_, index) => openStream(index, round, isRecorded));
  const before = process.cpuUsage();
  const ioBeforeUs = ioThreadUs();
  for (let from = 0; from < FRAMES; from += FRAMES_AT_ONCE) {
    for (const message of messages.slice(from, from + FRAMES_AT_ONCE))
      for (const stream of streams) stream.receive(message, false);
    while (link.counts().waitingBytes > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (const stream of streams) stream.end('caller hung up');
  while (link.counts().open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const ioUs = ioThreadUs() - ioBeforeUs;
  const { system, user } = process.cpuUsage(before);
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  const frames = STREAMS * FRAMES;
  return { ioThreadUs: ioUs / frames, processUs: (system + user) / frames };
}

/** What this thread has had of a CPU. Linux keeps it in nanoseconds. */
function ioThreadUs(): number {
  const [runNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return Number(runNs) / 1000;
}

function openStream(index: number, round: number, isRecorded: boolean): MediaStream {
  const receiver = createStreamReceiver(TELEPHONE_FORMAT);
  const nothing = (): void => {};
  const socket = { send: () => 1, getBufferedAmount: () => 0, ping: nothing, end: nothing, close: nothing };
  const hooks = { onStart: nothing, post: nothing, onEnd: nothing };
  const limits = { audioWaitMaxMs: 1000, callMaxMs: 3_600_000, goodbyePromptKey: null };
  const stream = new MediaStream(plane, new TwilioTransport(socket, receiver), hooks, limits);
  const callSid = `CA${index.toString(16).padStart(32, '0')}`;
  stream.receive(
    toBytes({
      event: 'start',
      sequenceNumber: '1',
      streamSid: SID,
      start: {
        accountSid: `AC${'0'.repeat(32)}`,
        streamSid: SID,
        callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: {},
      },
    }),
    false,
  );
  stream.accept(index + 1, 0, isRecorded ? link.open(recordName(callSid, round), 'wav') : null);
  return stream;
}

function mediaMessage(chunk: number): ArrayBuffer {
  const codes = Uint8Array.from({ length: 160 }, (_, at) => (at * 7 + chunk) & 0xff);
  const payload = Buffer.from(codes).toString('base64');
  const media = { track: 'inbound', chunk: String(chunk), timestamp: String(chunk * 20), payload };
  return toBytes({ event: 'media', sequenceNumber: String(chunk + 1), media, streamSid: SID });
}

function toBytes(message: object): ArrayBuffer {
  return new TextEncoder().encode(JSON.stringify(message)).buffer;
}

function print(rows: readonly (readonly [string, string])[]): void {
  for (const [name, value] of rows) console.log(`${name.padEnd(18)} ${value}`);
}
