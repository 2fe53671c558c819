/**
 * FAULTS.md, section B: frames that RFC 6455 does not allow. uWebSockets.js breaks the connection without a close frame;
 * the call comes back on another stream. All calls of the file are on at once; a test waits for its own.
 */
import { deflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { frame, OPCODE } from '../support/raw-websocket.ts';
import { type TamperedEnd, type TamperedOptions, TamperingRig } from '../support/tampered-call.ts';

/** The carrier's next frames come every 20 ms: what an unmasked frame leaves unread is filled up by them. */
const DROPPED_MAX_MS = 2000;
/** 1000 to 1 in all: 64 MB of nothing. */
const BOMB = deflateRawSync(Buffer.alloc(64 * 2 ** 20));

const BROKEN: readonly (readonly [string, readonly Buffer[]])[] = [
  ['w32: a frame of 16 MB', [frame(Buffer.alloc(16 * 2 ** 20, 'a'), { opcode: OPCODE.text })]],
  ['w37: an unmasked frame', [frame('{"event":"one without a mask"}', { masked: false })]],
  ['w37: an unmasked frame of good media', [frame(JSON.stringify({ event: 'media' }), { masked: false })]],
  ['w38: the first reserved bit', [frame('{}', { reserved: 4 })]],
  ['w38: the last two reserved bits', [frame('{}', { reserved: 3 })]],
  ['w39: text that is not UTF-8', [frame(Buffer.from('7b22c328227d', 'hex'), { opcode: OPCODE.text })]],
  ['w39: a character cut at the end', [frame(Buffer.from('e282', 'hex'), { opcode: OPCODE.text })]],
  ['w40: an unknown opcode', [frame('x', { opcode: 3 })]],
  ['w40: an unknown control opcode', [frame('x', { opcode: 11 })]],
  ['w41: a declared length of 2^40', [frame('x', { declaredBytes: 2 ** 40 })]],
  ['w41: a declared length of 2^63', [Buffer.from('81ff800000000000000000000000', 'hex')]],
  ['a fragmented control frame', [frame('x', { opcode: OPCODE.ping, final: false })]],
  ['a control frame over 125 bytes', [frame('x'.repeat(200), { opcode: OPCODE.ping })]],
  ['a continuation of nothing', [frame('x', { opcode: OPCODE.continuation })]],
  [
    'a message begun within another',
    [frame('{"event":', { final: false }), frame('"x"}'), frame('"y"}', { opcode: OPCODE.continuation })],
  ],
  ['w42: 20,000 fragments that are too long together', fragments(' '.repeat(80_000), 4)],
  ['w43: a deflate bomb, though deflate was not agreed', [frame(BOMB.subarray(0, 60_000), { reserved: 4 })]],
];

const MANY_FRAGMENTS = 'w42: 20,000 fragments are one message';
const OFFER = 'w43: deflate is not negotiated';

function fragments(text: string, bytes: number): Buffer[] {
  const count = Math.ceil(text.length / bytes);
  return Array.from({ length: count }, (_, at) =>
    frame(text.slice(at * bytes, (at + 1) * bytes), {
      opcode: at === 0 ? OPCODE.text : OPCODE.continuation,
      final: at === count - 1,
    }),
  );
}

let rig: TamperingRig;
const calls = new Map<string, Promise<TamperedEnd>>();
const sentAtMs = new Map<string, number>();
let upgradeHead = '';

function place(fault: string, frames: readonly Buffer[], more: TamperedOptions = {}): void {
  const bytes = Buffer.concat(frames);
  const { call, finished } = rig.place({
    ...more,
    onAudio: (wire) => {
      sentAtMs.set(fault, call.nowMs);
      if (more.headers !== undefined) upgradeHead = wire.socket.head;
      wire.bytes(bytes);
    },
  });
  calls.set(fault, finished);
}

beforeAll(async () => {
  rig = await TamperingRig.start();
  for (const [fault, frames] of BROKEN) place(fault, frames);
  place(MANY_FRAGMENTS, fragments(`{"event":"${'x'.repeat(19_988)}"}`, 1));
  place(OFFER, [], { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' } });
}, 60_000);

afterEach(() => rig.rig.freshCallerIsServed());

afterAll(() => rig.close());

describe('the connection is broken at once, and the call comes back after', () => {
  it.each(BROKEN)('%s', async (fault) => {
    const { report, record, counters } = await calls.get(fault)!;
    expect(report.streams).toMatchObject([
      { end: { kind: 'broken' } },
      { end: { kind: 'closed', closeCode: 1000 } },
    ]);
    expect(report.streams[0]!.endedAtMs! - sentAtMs.get(fault)!).toBeLessThan(DROPPED_MAX_MS);
    expect(record).toMatchObject({ attempt: 1, outcome: 'both', endReason: 'completed' });
    expect(counters).toMatchObject({ malformed: 0, unknownEvents: 0, digits: 0 });
  });
});

describe('the call goes on', () => {
  it(MANY_FRAGMENTS, async () => {
    const { report, record, counters } = await calls.get(MANY_FRAGMENTS)!;
    expect(report.streams).toHaveLength(1);
    expect(record).toMatchObject({ outcome: 'both', endReason: 'completed' });
    expect(counters).toMatchObject({ unknownEvents: 1, malformed: 0, digits: 2 });
  });

  it(OFFER, async () => {
    const { report, record } = await calls.get(OFFER)!;
    expect(upgradeHead).toMatch(/^HTTP\/1\.1 101 /);
    expect(upgradeHead).not.toMatch(/sec-websocket-(extensions|protocol)/i);
    expect(report.streams).toHaveLength(1);
    expect(record).toMatchObject({ outcome: 'both', endReason: 'completed' });
  });
});

it('leaves nothing behind', async () => {
  await Promise.all(calls.values());
  await rig.isUnharmed();
});
