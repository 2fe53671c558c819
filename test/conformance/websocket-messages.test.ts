/**
 * FAULTS.md, section B: messages that are wrong in what they say. All calls of the file are on at once, each on a stream
 * that is tampered with; a test waits for its own, and then for a fresh caller to be served.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MediaStreamCounters } from '../../src/media/stream-counters.ts';
import type { CallerScript } from '../../src/simulator/caller.ts';
import type { StreamEnd } from '../../src/simulator/stream-report.ts';
import { speak } from '../support/caller-speech.ts';
import { frame, OPCODE } from '../support/raw-websocket.ts';
import {
  type CarrierMessage,
  type TamperedEnd,
  type TamperedOptions,
  TamperingRig,
  type Wire,
} from '../support/tampered-call.ts';

const OTHER_SID = `MZ${'9'.repeat(32)}`;
const LOUD = Buffer.from(Uint8Array.from({ length: 160 }, (_, at) => (at % 16 < 8 ? 0x80 : 0x00)));
const NESTED = 10_000;

let rig: TamperingRig;
const calls = new Map<string, Promise<TamperedEnd>>();
const finished = (fault: string): Promise<TamperedEnd> => calls.get(fault)!;

/** While the first prompt plays, each of these is sent as it is. */
function sends(messages: (wire: Wire) => readonly (object | string | Buffer)[]): TamperedOptions {
  return {
    onAudio: (wire) => {
      for (const message of messages(wire)) {
        if (Buffer.isBuffer(message)) wire.bytes(message);
        else wire.send(typeof message === 'string' ? message : JSON.stringify(message));
      }
    },
  };
}

/** Every message of that event goes out as these. */
function turns(
  event: string,
  into: (message: CarrierMessage, wire: Wire) => readonly (object | string)[],
): TamperedOptions {
  return { onSend: (message, wire) => (message.event === event ? into(message, wire) : [message]) };
}

function media(streamSid: string, fields: Readonly<Record<string, unknown>> = {}): object {
  const payload = LOUD.toString('base64');
  return {
    event: 'media',
    streamSid,
    media: { track: 'inbound', timestamp: '1', payload, ...fields },
  };
}

function dtmf(streamSid: string, digit: unknown): object {
  return { event: 'dtmf', streamSid, dtmf: { track: 'inbound_track', digit } };
}

function startedWith(mediaFormat: object): TamperedOptions {
  return turns('start', (message) => [{ ...message, start: { ...message.start, mediaFormat } }]);
}

/** What the carrier has for the caller goes out in payloads of these sizes, in turn. */
function cutInto(sizes: readonly number[]): TamperedOptions {
  let held = Buffer.alloc(0);
  let cut = 0;
  return turns('media', (message) => {
    held = Buffer.concat([held, Buffer.from(message.media?.payload ?? '', 'base64')]);
    const sent: object[] = [];
    for (let bytes = sizes[cut % sizes.length]!; held.length >= bytes; bytes = sizes[cut % sizes.length]!) {
      cut += 1;
      const payload = held.subarray(0, bytes).toString('base64');
      sent.push({ ...message, media: { ...message.media, chunk: String(cut), payload } });
      held = held.subarray(bytes);
    }
    return sent;
  });
}

/** A stream that goes on, whatever was sent: with the key of each question pressed, and what was counted meanwhile. */
const IGNORED: readonly (readonly [string, TamperedOptions, Partial<MediaStreamCounters>])[] = [
  [
    'w10: media before start is dropped',
    turns('start', (start) => [...Array(20).fill(media(sidOf(start))), start]),
    { ignoredMessages: 20 },
  ],
  [
    'w14: a second start is ignored, also one of another stream',
    turns('start', (start) => {
      const other = { ...start, streamSid: OTHER_SID, start: { ...start.start, streamSid: OTHER_SID } };
      return [start, start, other];
    }),
    { secondStarts: 2 },
  ],
  [
    'w16: what is no JSON is ignored and counted',
    sends(() => ['hello', '', '{', '{"event":', '{"event":"media"', 'NaN', '{}{}', '\u0000', '\ufeff{}']),
    { malformed: 9 },
  ],
  [
    'w17: what is no object is ignored and counted',
    sends(() => ['[]', 'null', '1', '"media"', 'true', '[{"event":"media"}]']),
    { malformed: 6 },
  ],
  [
    'w18: an unknown event is ignored and counted',
    sends(({ streamSid }) =>
      ['transcript', 'error', 'Media', ''].map((event) => ({ event, streamSid, media: { payload: LOUD } })),
    ),
    { unknownEvents: 4 },
  ],
  [
    'w19: fields of a wrong type are ignored and counted',
    sends(({ streamSid }) => [
      {},
      { event: 5 },
      { event: null, streamSid },
      { event: 'media', streamSid, media: 'text' },
      { event: 'media', streamSid, media: { payload: 5 } },
      { event: 'media', streamSid, media: [] },
      { event: 'media', streamSid: 7, media: { payload: 'AAAA' } },
      { event: 'mark', streamSid, mark: null },
      { event: 'mark', streamSid, mark: { name: {} } },
      { event: 'dtmf', streamSid, dtmf: [] },
      { event: 'start', streamSid, start: 'now' },
      { event: 'stop', streamSid: 7, stop: {} },
      { event: 'stop' },
    ]),
    { malformed: 13 },
  ],
  [
    'w20: bad base64 is ignored and counted',
    sends(({ streamSid }) =>
      ['!!!!', 'abc', 'ab=c', '=', 'AAAA AAAA', 'AAAA\nAAAA', 'ÿÿÿÿ', 'QQ==QQ==', '-_-_'].map((payload) =>
        media(streamSid, { payload }),
      ),
    ),
    // Those with an escape or a letter outside ASCII are read by the full parser.
    { badPayloads: 7, malformed: 2 },
  ],
  [
    'w21: empty payloads are ignored and counted',
    sends(({ streamSid }) => Array(50).fill(media(streamSid, { payload: '' }))),
    { badPayloads: 50 },
  ],
  [
    'w27: marks that nobody sent are ignored and counted',
    sends(({ streamSid }) =>
      ['nobody sent this', '', '1:1', 'x'.repeat(256), 7].map((name) => ({
        event: 'mark',
        streamSid,
        mark: { name },
      })),
    ),
    { unknownMarks: 5 },
  ],
  [
    'w28: what is no key is no digit',
    sends(({ streamSid }) => ['12', '', 'Z', ' ', null, {}, '１'].map((digit) => dtmf(streamSid, digit))),
    { malformed: 7, digits: 2 },
  ],
  [
    'w31: deep JSON is ignored and counted',
    sends(({ streamSid }) => [
      '['.repeat(NESTED) + ']'.repeat(NESTED),
      '['.repeat(2 * NESTED),
      `${'{"event":'.repeat(2000)}1${'}'.repeat(2000)}`,
      `{"event":"media","streamSid":"${streamSid}","media":${'['.repeat(NESTED)}${']'.repeat(NESTED)}}`,
    ]),
    { malformed: 4 },
  ],
  [
    'w34: a binary frame is ignored and counted, also one with a good message in it',
    sends(({ streamSid }) => [
      frame(JSON.stringify(dtmf(streamSid, '2')), { opcode: OPCODE.binary }),
      frame(LOUD, { opcode: OPCODE.binary }),
      frame('', { opcode: OPCODE.binary }),
    ]),
    { wrongType: 3, digits: 2 },
  ],
];

/** Nothing of these is the caller's speech, however loud; the carrier's own media are. */
const NOT_HEARD: readonly (readonly [string, TamperedOptions])[] = [
  [
    'w23: the outbound track is never taken as the caller',
    turns('media', (message) => [message, media(sidOf(message), { track: 'outbound' })]),
  ],
  [
    'w23: nor is it in a message that needs the full parser',
    turns('media', (message) => [message, media(sidOf(message), { track: 'outbound', chunk: 'x' })]),
  ],
  [
    'w24: another streamSid is never taken as the caller, nor its digits, marks and stop',
    {
      ...turns('media', (message) => [message, media(OTHER_SID)]),
      ...sends(() => [
        dtmf(OTHER_SID, '2'),
        { event: 'mark', streamSid: OTHER_SID, mark: { name: 'x' } },
        { event: 'stop', streamSid: OTHER_SID, stop: {} },
      ]),
    },
  ],
];

/** Understood all the same: the caller says yes twice. */
const UNDERSTOOD: readonly (readonly [string, TamperedOptions])[] = [
  [
    'w18: unknown fields change nothing',
    {
      onSend: (message) => [
        {
          ...message,
          isNew: { deep: [1, 2] },
          version: null,
          ...(message.media && { media: { ...message.media, gain: 1, more: [{}] } }),
        },
      ],
    },
  ],
  ['w22: payloads of odd sizes are heard as one stream', cutInto([1, 7, 159, 161, 320, 3, 1600])],
  [
    'w25: duplicate, reordered and lost chunks are tolerated',
    { network: { lossRatio: 0.03, duplicationRatio: 0.1, reorderingRatio: 0.1 } },
  ],
  [
    'w26: numbers in place of strings are tolerated',
    { onSend: (message) => [JSON.parse(JSON.stringify(message).replace(/"(\d+)"/g, '$1')) as object] },
  ],
];

/** The stream is closed, and the call comes back on another, where nothing is wrong. */
const CLOSED: readonly (readonly [string, TamperedOptions, StreamEnd])[] = [
  [
    'w15: a start that announces L16 at 16 kHz is refused',
    startedWith({ encoding: 'audio/x-l16', sampleRate: 16_000, channels: 1 }),
    { kind: 'closed', closeCode: 1008 },
  ],
  [
    'w15: so is mu-law at 16 kHz',
    startedWith({ encoding: 'audio/x-mulaw', sampleRate: 16_000, channels: 1 }),
    { kind: 'closed', closeCode: 1008 },
  ],
  [
    'w33: a payload of 1 MB drops the socket',
    sends(({ streamSid }) => [media(streamSid, { payload: 'A'.repeat(1_000_000) })]),
    { kind: 'broken', protocolError: false },
  ],
];

const FLOOD_OF_DIGITS = 'w29: a flood of digits is rate-limited';
const LONG_PAYLOAD = 'w33: a payload within 64 KiB is heard';

function sidOf(message: CarrierMessage): string {
  return message.streamSid ?? '';
}

beforeAll(async () => {
  rig = await TamperingRig.start();
  const yes = await speak('yes');
  const place = (fault: string, options: TamperedOptions) => calls.set(fault, rig.place(options).finished);
  for (const [fault, options] of [...IGNORED, ...NOT_HEARD, ...CLOSED]) place(fault, options);
  const caller: CallerScript = { silenceMs: 350, onSilence: (controls) => controls.say(yes) };
  for (const [fault, options] of UNDERSTOOD) place(fault, { ...options, caller });
  place(
    FLOOD_OF_DIGITS,
    sends(({ streamSid }) => Array(1000).fill(dtmf(streamSid, '1'))),
  );
  place(
    LONG_PAYLOAD,
    sends(({ streamSid }) => [media(streamSid, { payload: Buffer.alloc(45_000, 0xff).toString('base64') })]),
  );
}, 60_000);

afterEach(() => rig.rig.freshCallerIsServed());

afterAll(() => rig.close());

/** On one stream, without a gap or a word of complaint by the carrier. */
function expectUnharmed({ report, record, reason }: TamperedEnd): void {
  expect(report).toMatchObject({ endedBy: 'server', errors: [], warnings: [], gapsMs: [] });
  expect(report.streams).toMatchObject([{ end: { kind: 'closed', closeCode: 1000 }, receivedAfterStop: 0 }]);
  expect(record).toMatchObject({ outcome: 'both', endReason: 'completed' });
  expect(reason).toBe('completed');
}

function heardBy({ notes }: TamperedEnd): string[] {
  return notes.flatMap((note) => (note.kind === 'caller said' ? [`${note.text} by ${note.how}`] : []));
}

describe('the call goes on', () => {
  it.each(IGNORED)('%s', async (fault, _options, counted) => {
    const call = await finished(fault);
    expectUnharmed(call);
    expect(call.counters).toMatchObject(counted);
    expect(heardBy(call)).toEqual(['1 by digits', '1 by digits']);
  });

  it.each(NOT_HEARD)('%s', async (fault) => {
    const call = await finished(fault);
    expectUnharmed(call);
    expect(heardBy(call)).toEqual(['1 by digits', '1 by digits']);
    expect(call.report.streams[0]!.clears).toEqual([]);
    const { foreign, ignoredMessages, mediaMessages } = call.counters;
    expect(foreign + ignoredMessages).toBeGreaterThanOrEqual(mediaMessages);
  });

  it.each(UNDERSTOOD)('%s', async (fault) => {
    const call = await finished(fault);
    expectUnharmed(call);
    expect(heardBy(call)).toEqual(['yes by speech', 'yes by speech']);
  });

  it(FLOOD_OF_DIGITS, async () => {
    const call = await finished(FLOOD_OF_DIGITS);
    expectUnharmed(call);
    const { digits, ignoredDigits, unparsedMessages } = call.counters;
    expect(digits).toBeLessThanOrEqual(42);
    expect(digits + ignoredDigits + unparsedMessages).toBeGreaterThanOrEqual(1000);
  });

  it(LONG_PAYLOAD, async () => {
    const call = await finished(LONG_PAYLOAD);
    expectUnharmed(call);
    expect(call.counters).toMatchObject({ ignoredMessages: 0, badPayloads: 0 });
  });
});

describe('the one stream is closed, and the call comes back', () => {
  it.each(CLOSED)('%s', async (fault, _options, end) => {
    const { report, record, counters } = await finished(fault);
    expect(report.streams).toMatchObject([{ end }, { end: { kind: 'closed', closeCode: 1000 } }]);
    expect(record).toMatchObject({ attempt: 1, outcome: 'both', endReason: 'completed' });
    expect(counters.digits).toBe(0);
    if (end.kind === 'closed') expect(report.streams[0]!.mediaReceived).toBe(0);
  });
});

it('leaves nothing behind', async () => {
  await Promise.all(calls.values());
  await rig.isUnharmed();
});
