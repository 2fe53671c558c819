import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.ts';
import {
  clearMessage,
  markMessage,
  mediaEnvelope,
  parseTwilioMessage,
} from '../../../src/protocol/twilio-messages.ts';

const HEX = '0123456789abcdef0123456789abcdef';
const NAMES = { accountSid: `AC${HEX}`, callSid: `CA${HEX}`, streamSid: `MZ${HEX}` };
const { streamSid } = NAMES;
const FORMAT = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };

const start = (change: object = {}, top: object = {}) => ({
  event: 'start',
  sequenceNumber: '1',
  streamSid,
  start: { ...NAMES, tracks: ['inbound'], mediaFormat: FORMAT, customParameters: { line: '2' }, ...change },
  ...top,
});
const read = (message: unknown) => parseTwilioMessage(JSON.stringify(message));
const wrong = (message: unknown) => {
  const parsed = read(message);
  return parsed.ok ? null : parsed.reason;
};

describe('messages from Twilio', () => {
  it('reads every documented event', () => {
    expect(read({ event: 'connected', protocol: 'Call', version: '1.0.0' })).toEqual({
      ok: true,
      message: { event: 'connected' },
    });
    expect(read(start())).toEqual({
      ok: true,
      message: { event: 'start', ...NAMES, customParameters: new Map([['line', '2']]) },
    });
    const media = { track: 'inbound', chunk: '2', timestamp: '25', payload: '/w==' };
    expect(read({ event: 'media', sequenceNumber: '4', media, streamSid })).toEqual({
      ok: true,
      message: { event: 'media', streamSid, track: 'inbound', payload: '/w==', timestampMs: 25 },
    });
    expect(read({ event: 'dtmf', streamSid, dtmf: { track: 'inbound_track', digit: '#' } })).toEqual({
      ok: true,
      message: { event: 'dtmf', streamSid, digit: '#' },
    });
    expect(read({ event: 'mark', streamSid, mark: { name: 'p1' } })).toEqual({
      ok: true,
      message: { event: 'mark', streamSid, name: 'p1' },
    });
    expect(read({ event: 'stop', streamSid, stop: { callSid: NAMES.callSid } })).toEqual({
      ok: true,
      message: { event: 'stop', streamSid, callSid: NAMES.callSid },
    });
  });

  it('tolerates numbers for strings, unknown fields and spaces', () => {
    expect(read({ event: 'dtmf', streamSid, dtmf: { digit: 5 }, extra: 1 })).toMatchObject({
      message: { digit: '5' },
    });
    expect(read({ event: 'mark', streamSid, mark: { name: 7 } })).toMatchObject({ message: { name: '7' } });
    expect(parseTwilioMessage(`  {"event" : "connected"}\n`).ok).toBe(true);
    expect(read(start({ mediaFormat: { ...FORMAT, sampleRate: '8000' } })).ok).toBe(true);
  });

  it('gives an event that it does not know as unknown', () => {
    expect(read({ event: 'transcription', streamSid })).toEqual({ ok: true, message: { event: 'unknown' } });
  });

  it.each([
    ['not json', 'hello'],
    ['not json', ''],
    ['not an object', '[1]'],
    ['not an object', 'null'],
    ['not an object', '"start"'],
    ['wrong field', '{}'],
    ['wrong field', '{"event":1}'],
  ])('says %s of %s', (reason, text) => {
    expect(parseTwilioMessage(text)).toMatchObject({ ok: false, reason });
  });

  it.each([
    start({ callSid: 'CA1' }),
    start({ accountSid: undefined }),
    start({ streamSid: `MZ${'f'.repeat(32)}` }),
    start({}, { streamSid: '../../x' }),
    start({ mediaFormat: null }),
    start({ customParameters: { big: 'x'.repeat(500) } }),
    start({ customParameters: { deep: {} } }),
    start({ customParameters: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`p${i}`, ''])) }),
    { event: 'start', streamSid, start: [] },
    { event: 'media', streamSid, media: { payload: 1 } },
    { event: 'media', streamSid, media: { payload: '', track: 'both' } },
    { event: 'dtmf', streamSid, dtmf: { digit: '12' } },
    { event: 'dtmf', streamSid, dtmf: { digit: 'E' } },
    { event: 'mark', streamSid, mark: { name: 'x'.repeat(257) } },
    { event: 'stop', streamSid: 'MZ1' },
  ])('refuses wrong shapes, number %#', (message) => {
    expect(wrong(message)).toBe('wrong field');
  });

  it.each([
    { ...FORMAT, encoding: 'audio/L16' },
    { ...FORMAT, sampleRate: 16_000 },
    { ...FORMAT, channels: 2 },
  ])('reports a stream of another format, number %#', (mediaFormat) => {
    expect(wrong(start({ mediaFormat }))).toBe('unsupported format');
  });

  it('keeps a parameter named like a prototype as a parameter', () => {
    const text = JSON.stringify(start()).replace('"line":"2"', '"__proto__":"x"');
    const parsed = parseTwilioMessage(text);
    expect(
      parsed.ok && parsed.message.event === 'start' && parsed.message.customParameters.get('__proto__'),
    ).toBe('x');
  });

  it('never repeats what a caller typed in an error', () => {
    const parsed = read({ event: 'dtmf', streamSid, dtmf: { digit: '4111111111111111' } });
    expect(JSON.stringify(parsed)).not.toContain('4111');
  });

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseTwilioMessage(text).ok === 'boolean'));
    const fields = fc.dictionary(
      fc.constantFrom(
        'event',
        'streamSid',
        'start',
        'media',
        'dtmf',
        'mark',
        'stop',
        'payload',
        'digit',
        'name',
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom('start', 'media', 'dtmf', 'mark', 'stop', streamSid)),
    );
    fc.assert(fc.property(fields, (message) => typeof read(message).ok === 'boolean'));
    expect(typeof parseTwilioMessage('['.repeat(60_000)).ok).toBe('boolean');
  });
});

describe('messages to Twilio', () => {
  it('has exactly the documented fields in media', () => {
    const { prefix, suffix } = mediaEnvelope(streamSid);
    const text = Buffer.concat([prefix, Buffer.from('AAAA'), suffix]).toString();
    expect(JSON.parse(text)).toEqual({ event: 'media', streamSid, media: { payload: 'AAAA' } });
  });

  it('keeps for a stream the bytes around its media, and no pool that they were cut from', () => {
    const { prefix } = mediaEnvelope(streamSid);
    expect(prefix.buffer.byteLength).toBe(prefix.byteLength);
  });

  it('has exactly the documented fields in mark and clear, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), (name) => {
        const message = JSON.parse(markMessage(streamSid, name).toString());
        expect(message).toEqual({ event: 'mark', streamSid, mark: { name } });
      }),
    );
    expect(JSON.parse(clearMessage(streamSid).toString())).toEqual({ event: 'clear', streamSid });
  });

  it('refuses a streamSid that is none, and names out of range', () => {
    expect(() => mediaEnvelope('MZ"')).toThrow(InvalidStateError);
    expect(() => clearMessage('')).toThrow(InvalidStateError);
    expect(() => markMessage(streamSid, '')).toThrow(InvalidStateError);
    expect(() => markMessage(streamSid, 'x'.repeat(257))).toThrow(InvalidStateError);
  });
});
