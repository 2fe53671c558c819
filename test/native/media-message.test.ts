import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import { type NativeStreamReceiver, RECEIVED } from '../../src/audio/addon-types.ts';
import { STREAM_SID, toBytes, toMessage } from '../support/wire-caller.ts';

const PAYLOAD = Buffer.alloc(160, 0x55).toString('base64');
let receiver: NativeStreamReceiver;

beforeEach(() => {
  receiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
  receiver.setStreamSid(STREAM_SID);
});
afterEach(() => receiver.close());

const receive = (text: string): number => receiver.receive(toBytes(text), -100);
const message = (media: object = {}, top: object = {}): object => ({
  event: 'media',
  sequenceNumber: '4',
  media: { track: 'inbound', chunk: '2', timestamp: '5', payload: PAYLOAD, ...media },
  streamSid: STREAM_SID,
  ...top,
});

describe('takes in', () => {
  it.each([
    ['what Twilio sends', message()],
    ['numbers for strings', message({ chunk: 2, timestamp: 5 }, { sequenceNumber: 4 })],
    ['a message without a track', message({ track: undefined })],
    [
      'a message without chunk, timestamp and sequence number',
      message({ chunk: undefined, timestamp: undefined }),
    ],
    ['unknown keys with plain values', message({ extra: 1.5e3, more: null }, { new: true, other: '' })],
    ['an odd size', message({ payload: 'VVVVVQ==' })],
  ])('%s', (_, value) => {
    expect(receiver.receive(toMessage(value), -100)).toBe(RECEIVED.media);
    expect(receiver.counters().mediaMessages).toBe(1);
  });

  it('any order of keys and any white space', () => {
    const space = ' \t\r\n';
    const media = `{${space}"payload"${space}:${space}"${PAYLOAD}"${space},"timestamp":"5","chunk":"2","track":"inbound"}`;
    const text = `${space}{"streamSid":"${STREAM_SID}"${space},${space}"media":${media}${space},"sequenceNumber":4,"event":"media"}${space}`;
    expect(receive(text)).toBe(RECEIVED.media);
  });
});

describe('leaves to JSON.parse', () => {
  const text = JSON.stringify(message());
  it.each([
    ['another event', JSON.stringify({ event: 'mark', streamSid: STREAM_SID, mark: { name: 'a' } })],
    ['nothing', ''],
    ['a message without a payload', JSON.stringify(message({ payload: undefined }))],
    ['a message without a streamSid', JSON.stringify(message({}, { streamSid: undefined }))],
    ['a payload that is no string', JSON.stringify(message({ payload: 5 }))],
    ['an escape in the payload', text.replace(PAYLOAD, `\\u0056${PAYLOAD.slice(1)}`)],
    ['an escaped slash', text.replace(PAYLOAD, 'ab\\/d')],
    ['an escaped quote', text.replace(PAYLOAD, 'abc\\"')],
    ['an escape in a key', text.replace('"payload"', '"p\\u0061yload"')],
    ['a letter outside ASCII', text.replace('{', '{"naïve":1,')],
    ['a control character in the payload', text.replace(PAYLOAD, 'ab\ncd')],
    ['a byte outside ASCII in the payload', text.replace(PAYLOAD, 'abécd')],
    ['a key twice', text.replace('{', '{"event":"media",')],
    ['a payload twice', text.replace('"payload"', '"payload":"AAAA","payload"')],
    ['nesting elsewhere', text.replace('{', '{"extra":{},')],
    ['an array elsewhere', text.replace('{', '{"extra":[],')],
    ['nesting within media', text.replace('"track"', '"extra":{},"track"')],
    ['an array', `[${text}]`],
    ['trailing garbage', `${text}x`],
    ['two objects', `${text}${text}`],
    ['a trailing comma', text.replace(/\}$/, ',}')],
    ['a number with a leading zero', text.replace('"sequenceNumber":"4"', '"sequenceNumber":04')],
    ['a chunk that is no whole number', JSON.stringify(message({ chunk: 1.5 }))],
    ['a chunk in letters', JSON.stringify(message({ chunk: 'two' }))],
    ['a track that is no string', JSON.stringify(message({ track: 1 }))],
    ['single quotes', text.replaceAll('"', "'")],
    ['a byte order mark', `\u{feff}${text}`],
  ])('%s', (_, value) => {
    expect(receive(value)).toBe(0);
    expect(receiver.counters()).toMatchObject({ mediaMessages: 0, ignoredMessages: 0, badPayloads: 0 });
  });

  it('every message cut short', () => {
    for (let length = 0; length < text.length; length++) expect(receive(text.slice(0, length))).toBe(0);
  });

  it('a payload over 48 KiB', () => {
    expect(receive(JSON.stringify(message({ payload: Buffer.alloc(49_153).toString('base64') })))).toBe(0);
    expect(receive(JSON.stringify(message({ payload: Buffer.alloc(49_152).toString('base64') })))).toBe(
      RECEIVED.media,
    );
    expect(receiver.mediaMs()).toBe(6144);
  });
});

describe('ignores and counts', () => {
  it.each([
    ['the outbound track', message({ track: 'outbound' })],
    ['another stream', message({}, { streamSid: 'MZother' })],
  ])('%s', (_, value) => {
    expect(receiver.receive(toMessage(value), -100)).toBe(RECEIVED.ignored);
    expect(receiver.counters()).toMatchObject({ mediaMessages: 0, ignoredMessages: 1 });
  });

  it('media before the stream is known', () => {
    const early = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
    expect(early.receive(toMessage(message()), -100)).toBe(RECEIVED.ignored);
    early.close();
  });

  it('the last chunk once more, but not an older one', () => {
    const chunks = [1, 2, 2, 1, 1, 3];
    const taken = chunks.map(
      (chunk) => receiver.receive(toMessage(message({ chunk })), -100) === RECEIVED.media,
    );
    expect(taken).toEqual([true, true, false, true, false, true]);
    expect(receiver.counters().ignoredMessages).toBe(2);
  });

  it.each([['!!!!'], ['AAA'], [''], ['A'], ['AAAA====']])('the bad payload %j', (payload) => {
    expect(receiver.receive(toMessage(message({ payload })), -100)).toBe(RECEIVED.ignored);
    expect(receiver.counters()).toMatchObject({ mediaMessages: 0, badPayloads: 1 });
    expect(receiver.mediaMs()).toBe(0);
  });
});

describe('never takes what JSON.parse would not', () => {
  /** The rules, over what JSON.parse made. */
  function mayTake(text: string): string | null {
    let value: { event?: unknown; streamSid?: unknown; media?: { payload?: unknown; track?: unknown } };
    try {
      value = JSON.parse(text);
    } catch {
      return null;
    }
    const { media } = value ?? {};
    const isInbound = media?.track === undefined || media.track === 'inbound';
    const isOurs = value?.event === 'media' && value.streamSid === STREAM_SID && isInbound;
    return isOurs && typeof media?.payload === 'string' ? media.payload : null;
  }

  function expectSafe(text: string): void {
    const before = receiver.mediaMs();
    const bits = receive(text);
    if ((bits & RECEIVED.media) === 0) return;
    const payload = mayTake(text);
    expect(payload).not.toBeNull();
    expect(receiver.mediaMs() - before).toBeCloseTo(Buffer.from(payload!, 'base64').length / 8);
    expect(Buffer.from(payload!, 'base64').toString('base64')).toBe(payload);
  }

  it('of random JSON values', () => {
    fc.assert(
      fc.property(fc.json(), (text) => expectSafe(text)),
      { numRuns: 2000 },
    );
  });

  it('of media messages with a few bytes changed', () => {
    const text = JSON.stringify(message({ chunk: undefined, payload: 'AAECAwQF' }));
    const edit = fc.record({
      at: fc.nat(text.length - 1),
      length: fc.nat(3),
      put: fc.oneof(
        fc.constantFrom(...'{}[]",:\\0-1eE. \n', '"a":1,', '{"', '}}'),
        fc.string({ maxLength: 3 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let edited = text;
        for (const { at, length, put } of edits)
          edited = edited.slice(0, at) + put + edited.slice(at + length);
        expectSafe(edited);
      }),
      { numRuns: 5000 },
    );
  });

  it('and takes every well-formed one, whatever its order and spacing', () => {
    const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });
    const shuffled = fc.shuffledSubarray(['track', 'chunk', 'timestamp', 'payload'], { minLength: 4 });
    const top = fc.shuffledSubarray(['event', 'sequenceNumber', 'media', 'streamSid'], { minLength: 4 });
    let chunk = 0;
    fc.assert(
      fc.property(
        space,
        shuffled,
        top,
        fc.uint8Array({ minLength: 1, maxLength: 700 }),
        (gap, keys, tops, audio) => {
          const media: Record<string, string> = {
            track: '"inbound"',
            chunk: `${++chunk}`,
            timestamp: '"1"',
            payload: `"${Buffer.from(audio).toString('base64')}"`,
          };
          const object = (names: string[], values: Record<string, string>): string =>
            `{${names.map((name) => `${gap}"${name}"${gap}:${gap}${values[name]}${gap}`).join(',')}}`;
          const text = object(tops, {
            event: '"media"',
            sequenceNumber: '"2"',
            media: object(keys, media),
            streamSid: `"${STREAM_SID}"`,
          });
          const before = receiver.mediaMs();
          expect(receive(text) & RECEIVED.media).toBe(RECEIVED.media);
          expect(receiver.mediaMs() - before).toBeCloseTo(audio.length / 8);
        },
      ),
    );
  });
});

describe('what was just taken in', () => {
  const codes = Uint8Array.from({ length: 160 }, (_, at) => at);
  const take = (media: object = {}): number =>
    receiver.receive(toMessage(message({ payload: Buffer.from(codes).toString('base64'), ...media })), -100);
  const copy = (into = new Uint8Array(200), at = 0, from = 0): Uint8Array =>
    into.subarray(at, at + receiver.copyReceived(into, at, from));

  it('can be had as it came, whole or in parts', () => {
    take();
    expect(copy()).toEqual(codes);
    expect(copy(new Uint8Array(200), 190)).toEqual(codes.subarray(0, 10));
    expect(copy(new Uint8Array(200), 0, 150)).toEqual(codes.subarray(150));
    expect([copy(new Uint8Array(200), 0, 160).length, copy(new Uint8Array(0)).length]).toEqual([0, 0]);
    receiver.receiveAudio(codes.subarray(40), -100);
    expect(copy()).toEqual(codes.subarray(40));
  });

  it('says where it stands in the stream, if its carrier does', () => {
    take({ timestamp: '1720' });
    expect(receiver.receivedAtMs()).toBe(1720);
    take({ chunk: '3', timestamp: undefined });
    expect(receiver.receivedAtMs()).toBe(-1);
  });

  it.each([
    ['a message that was left over', () => receive('{"event":"mark"}')],
    ['one that was ignored', () => take({ track: 'outbound' })],
    ['one without audio', () => take({ chunk: '3', payload: '' })],
    ['the end of the receiver', () => receiver.close()],
  ])('is gone after %s', (_, next) => {
    take();
    next();
    expect([copy().length, receiver.receivedAtMs()]).toEqual([0, -1]);
  });

  it("is gone once another receiver of the thread has taken something, and never another's", () => {
    const other = new addon.StreamReceiver({ codec: 'pcm16', sampleRateHz: 8000 });
    take();
    other.receiveAudio(new Uint8Array(320), -100);
    expect([copy().length, other.copyReceived(new Uint8Array(400), 0, 0)]).toEqual([0, 320]);
    other.close();
    expect(other.copyReceived(new Uint8Array(400), 0, 0)).toBe(0);
  });
});
