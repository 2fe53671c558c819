import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dtmfMessage,
  markEcho,
  mediaMessage,
  readServerMessage,
  startMessage,
  stopMessage,
} from '../../../src/simulator/carrier-messages.ts';

const names = { accountSid: 'AC1', callSid: 'CA1', streamSid: 'MZ1' };

describe('what the carrier sends', () => {
  it('writes counters as strings and the format as numbers', () => {
    expect(JSON.parse(mediaMessage(4, 2, 25, '/w==', 'MZ1'))).toEqual({
      event: 'media',
      sequenceNumber: '4',
      media: { track: 'inbound', chunk: '2', timestamp: '25', payload: '/w==' },
      streamSid: 'MZ1',
    });
    const start = JSON.parse(startMessage(1, names, { a: 'b' }));
    expect(start.start.mediaFormat).toEqual({ encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 });
    expect(start).toMatchObject({ sequenceNumber: '1', start: { ...names, customParameters: { a: 'b' } } });
  });

  it('spells the track of digits as Twilio does', () => {
    expect(JSON.parse(dtmfMessage(3, '#', 'MZ1')).dtmf).toEqual({ track: 'inbound_track', digit: '#' });
    expect(JSON.parse(markEcho(3, 'm', 'MZ1')).mark).toEqual({ name: 'm' });
    expect(JSON.parse(stopMessage(9, names)).stop).toEqual({ accountSid: 'AC1', callSid: 'CA1' });
  });
});

describe('what the server sends', () => {
  const kindOf = (message: unknown) => readServerMessage(JSON.stringify(message), 'MZ1').kind;

  it('takes media, mark and clear', () => {
    const media = readServerMessage(
      '{"event":"media","streamSid":"MZ1","media":{"payload":"/////w=="}}',
      'MZ1',
    );
    expect(media.kind === 'media' && [...media.audio]).toEqual([255, 255, 255, 255]);
    expect(kindOf({ event: 'mark', streamSid: 'MZ1', mark: { name: 'a' } })).toBe('mark');
    expect(kindOf({ event: 'clear', streamSid: 'MZ1' })).toBe('clear');
  });

  it.each([
    { event: 'media', streamSid: 'MZ1', media: { payload: '/w==', track: 'outbound' } },
    { event: 'media', streamSid: 'MZ1', sequenceNumber: '1', media: { payload: '/w==' } },
    { event: 'media', streamSid: 'MZ2', media: { payload: '/w==' } },
    { event: 'media', media: { payload: '/w==' } },
    { event: 'media', streamSid: 'MZ1', media: { payload: 'a!b' } },
    { event: 'media', streamSid: 'MZ1', media: {} },
    { event: 'mark', streamSid: 'MZ1', mark: {} },
    { event: 'clear', streamSid: 'MZ1', extra: 1 },
    { event: 'hangup', streamSid: 'MZ1' },
  ])('finds a missing, extra or wrong field invalid, number %#', (message) => {
    expect(kindOf(message)).toBe('invalid');
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        (text) => readServerMessage(text, 'MZ1').kind === 'invalid',
      ),
    );
  });
});
