/**
 * FAULTS.md, section B: too much at once. While each flood lasts, another call on the same server hears no gap and another
 * webhook is answered; one flood after the other, so that it is clear which one holds the server up.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallerScript } from '../../src/simulator/caller.ts';
import { speak } from '../support/caller-speech.ts';
import { frame, OPCODE } from '../support/raw-websocket.ts';
import { pressingOne, type TamperedEnd, TamperingRig, type Wire } from '../support/tampered-call.ts';

const GAP_MAX_MS = 100;
const ANSWER_MAX_MS = 250;
/** What a machine that others share may add to the wait for the next prompt. */
const LATER_MAX_MS = 400;
const WEBHOOKS = 3;
const LONG_NUMBER = '+12025550103';
const FLOWS = ['short', 'three', 'cued', 'long'].map((name) =>
  fileURLToPath(new URL(`../fixtures/flows/${name}.yaml`, import.meta.url)),
);
const FRAME_BYTES = 160;

let rig: TamperingRig;

const many = (count: number, each: (at: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => each(at)));

/** Audio as the carrier's messages, 20 ms each, `frames` in all: the speech over and over. */
function audioMessages(streamSid: string, frames: number, speech: Uint8Array): Buffer {
  return many(frames, (at) => {
    const from = (at * FRAME_BYTES) % Math.max(FRAME_BYTES, speech.length - FRAME_BYTES);
    const payload = Buffer.from(speech.subarray(from, from + FRAME_BYTES)).toString('base64');
    const media = { track: 'inbound', chunk: `${100_000 + at}`, timestamp: `${at * 20}`, payload };
    return frame(JSON.stringify({ event: 'media', sequenceNumber: `${at}`, media, streamSid }));
  });
}

interface Flooded {
  readonly call: Promise<TamperedEnd>;
  /** Of the webhooks asked one after the other while it lasted: the slowest. */
  readonly answerMaxMs: number;
  /** Where what another caller heard was interrupted. */
  readonly gapsMs: readonly number[];
}

/** A call sends `bytes` while its first prompt plays; another listens, and others come. */
async function flood(bytes: (wire: Wire) => Uint8Array, caller: CallerScript): Promise<Flooded> {
  let hears!: () => void;
  const isHearing = new Promise<void>((resolve) => {
    hears = resolve;
  });
  const bystander = rig.place({ to: LONG_NUMBER, caller: { onAudioStart: hears } });
  await isHearing;
  let live!: (wire: Wire) => void;
  const isLive = new Promise<Wire>((resolve) => {
    live = resolve;
  });
  const hostile = rig.place({ onAudio: live, caller });
  const wire = await isLive;
  // Made before it is sent: it is to cost the server's time, who shares this thread, and not ours.
  const prepared = bytes(wire);
  wire.bytes(prepared);
  let answerMaxMs = 0;
  for (let asked = 0; asked < WEBHOOKS; asked += 1) {
    const { report } = await rig.rig.place({ caller: { onAudioStart: (fresh) => fresh.hangUp() } }).finished;
    expect(report.firstAudioAtMs).not.toBeNull();
    answerMaxMs = Math.max(answerMaxMs, report.webhooks[0]!.durationMs);
  }
  bystander.call.hangUp();
  const { report } = await bystander.finished;
  return { call: hostile.finished, answerMaxMs, gapsMs: report.gapsMs };
}

type Flood = readonly [string, (wire: Wire) => Uint8Array];

/** 60 s at once, as of a network that held them back. */
const HELD_BACK: readonly (readonly [string, () => Uint8Array])[] = [
  ['silence', () => new Uint8Array(480).fill(0xff)],
  ['speech', () => monologue],
];

const REFUSED: readonly Flood[] = [
  ['w35: 20,000 pings', () => many(20_000, () => frame('', { opcode: OPCODE.ping }))],
  ['w36: 20,000 messages', () => many(20_000, () => frame('x'))],
  ['w36: 20,000 messages of media', ({ streamSid }) => audioMessages(streamSid, 20_000, monologue)],
  [
    'w33: 3 MB of payloads just under the limit',
    ({ streamSid }) =>
      many(50, (at) => {
        const media = { track: 'inbound', chunk: `${at}`, timestamp: '1', payload: 'AAAA'.repeat(15_000) };
        return frame(JSON.stringify({ event: 'media', media, streamSid }));
      }),
  ],
];

const THROTTLED: readonly Flood[] = [
  ['w31: 30 messages of deep JSON', () => many(30, () => frame('['.repeat(60_000)))],
  [
    'w42: 20,000 fragments',
    () =>
      Buffer.concat([
        frame('x', { final: false }),
        many(20_000, () => frame('', { opcode: OPCODE.continuation, final: false })),
        frame('', { opcode: OPCODE.continuation }),
      ]),
  ],
];

const UNDISTURBED = 'no burst';
let yes: Uint8Array;
let monologue: Uint8Array;
const floods = new Map<string, Flooded>();

beforeAll(async () => {
  rig = await TamperingRig.start({ FLOW: FLOWS.join(',') });
  yes = await speak('yes');
  monologue = await speak(
    'well, let me tell you about my cousin and his dog, and about the weather, and then',
  );
  const saying: CallerScript = { silenceMs: 350, onSilence: (caller) => caller.say(yes) };
  floods.set(UNDISTURBED, await flood(() => new Uint8Array(), saying));
  for (const [name, audio] of HELD_BACK) {
    floods.set(name, await flood(({ streamSid }) => audioMessages(streamSid, 3000, audio()), saying));
  }
  for (const [name, bytes] of [...REFUSED, ...THROTTLED]) floods.set(name, await flood(bytes, pressingOne));
}, 60_000);

afterAll(() => rig.close());

function expectNoStall({ answerMaxMs, gapsMs }: Flooded): void {
  expect(Math.max(0, ...gapsMs)).toBeLessThanOrEqual(GAP_MAX_MS);
  expect(answerMaxMs).toBeLessThan(ANSWER_MAX_MS);
}

/** From the first sound of each answer to the next prompt. */
function waitsMs({ report }: TamperedEnd): number[] {
  const marks = report.streams.flatMap((stream) => stream.marks);
  return report.saidAtMs.map(
    (saidAtMs) => marks.find(({ receivedAtMs }) => receivedAtMs > saidAtMs)!.receivedAtMs - saidAtMs,
  );
}

describe('w30: 60 s of audio at once', () => {
  it.each(HELD_BACK)('of %s are caught up with: the answers after it are not heard later', async (name) => {
    const undisturbed = waitsMs(await floods.get(UNDISTURBED)!.call);
    const flooded = floods.get(name)!;
    const call = await flooded.call;
    expect(call.report.streams).toHaveLength(1);
    expect(call.record).toMatchObject({ outcome: 'both', endReason: 'completed' });
    expect(call.counters.mediaMessages).toBeGreaterThan(3000);
    const waits = waitsMs(call);
    expect(waits).toHaveLength(undisturbed.length);
    for (const [turn, waitMs] of waits.entries())
      expect(waitMs - undisturbed[turn]!).toBeLessThan(LATER_MAX_MS);
    expectNoStall(flooded);
  });
});

describe('the one stream is closed 1008, and the call comes back', () => {
  it.each(REFUSED)('%s', async (name) => {
    const flooded = floods.get(name)!;
    expectNoStall(flooded);
    const { report, record, reason } = await flooded.call;
    expect(reason).toBe('protocol violation');
    expect(report.streams).toMatchObject([
      { end: { kind: 'closed', closeCode: 1008 } },
      { end: { kind: 'closed', closeCode: 1000 } },
    ]);
    expect(record).toMatchObject({ attempt: 1, outcome: 'both', endReason: 'completed' });
  });
});

describe('the call goes on', () => {
  it.each(THROTTLED)('%s', async (name) => {
    const flooded = floods.get(name)!;
    expectNoStall(flooded);
    const { report, record } = await flooded.call;
    expect(report.streams).toHaveLength(1);
    expect(record).toMatchObject({ outcome: 'both', endReason: 'completed' });
  });
});

it('leaves nothing behind', async () => {
  await Promise.all([...floods.values()].map(({ call }) => call));
  await rig.isUnharmed();
});
