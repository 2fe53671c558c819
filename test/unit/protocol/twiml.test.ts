import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.ts';
import { pauseAndRedirect, sayAndHangup } from '../../../src/protocol/plain-twiml.ts';
import { connectStream, dial, hangup } from '../../../src/protocol/twiml.ts';
import { RETRY_FRAGMENT } from '../../../src/protocol/webhook-paths.ts';

const STREAM_URL = 'wss://bot.example.org/ws/twilio/abc';
const ACTION_URL = `https://bot.example.org/voice/continue/abc${RETRY_FRAGMENT}`;
const parse = (xml: string) => {
  expect(XMLValidator.validate(xml)).toBe(true);
  expect(xml.startsWith('<?xml version="1.0" encoding="UTF-8"?>')).toBe(true);
  return new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(xml).Response;
};

describe('TwiML answers', () => {
  it('connects a stream with an action, and nothing follows', () => {
    expect(parse(connectStream({ streamUrl: STREAM_URL, actionUrl: ACTION_URL }))).toEqual({
      Connect: { action: ACTION_URL, method: 'POST', Stream: { url: STREAM_URL } },
    });
  });

  it('gives a stream along what its start is to bring', () => {
    const parameters = { from: '+12025550147', to: 'sip:a&b@example.org' };
    const { Connect } = parse(connectStream({ streamUrl: STREAM_URL, actionUrl: ACTION_URL, parameters }));
    expect(Connect.Stream.Parameter).toEqual([
      { name: 'from', value: '+12025550147' },
      { name: 'to', value: 'sip:a&b@example.org' },
    ]);
  });

  it('keeps the overrides as Twilio reads them once XML is undone', () => {
    const xml = connectStream({ streamUrl: STREAM_URL, actionUrl: ACTION_URL });
    expect(xml).toContain('#rc=5&amp;rp=all"');
  });

  it.each(['https://bot.example.org/x', 'wss://bot.example.org/x?token=1', 'wss://bot.example.org/x#y', ''])(
    'refuses %j as a stream',
    (streamUrl) => {
      expect(() => connectStream({ streamUrl, actionUrl: ACTION_URL })).toThrow(InvalidStateError);
    },
  );

  it('hangs up', () => {
    expect(parse(hangup())).toEqual({ Hangup: '' });
  });

  it('speaks whatever text it is given, escaped and bounded', () => {
    const xml = sayAndHangup('We\u0000 are <full> & "sorry" \ud800');
    expect(parse(xml).Say['#text']).toBe('We are <full> & "sorry" \ufffd');
    expect(sayAndHangup('<'.repeat(100_000)).length).toBeLessThan(8000);
    expect(Object.keys(parse(xml))).toEqual(['Say', 'Hangup']);
  });

  it('dials a number or a sip address, and nothing else', () => {
    const options = { actionUrl: 'https://a.example/next#rc=5', whisperUrl: null, ringSeconds: 20 };
    const whispering = { ...options, whisperUrl: 'https://a.example/whisper' };
    expect(dial('+14155550100', whispering)).toContain(
      '<Number url="https://a.example/whisper" method="POST">+14155550100</Number>',
    );
    expect(dial('+14155550100', options)).toContain(
      '<Dial action="https://a.example/next#rc=5" method="POST" timeout="20"><Number>+14155550100</Number>',
    );
    expect(dial('sip:desk@example.org', options)).toContain('<Sip>sip:desk@example.org</Sip>');
    expect(() => dial('911<', options)).toThrow(InvalidStateError);
  });

  it('lets the caller wait and asks again', () => {
    expect(pauseAndRedirect('https://x.example.org/voice?n=1&m=2', 2)).toMatch(
      /<Pause length="2"\/><Redirect method="POST">https:\/\/x.example.org\/voice\?n=1&amp;m=2<\/Redirect><\/Response>$/,
    );
    expect(() => pauseAndRedirect('https://x.example.org', 0)).toThrow(InvalidStateError);
  });
});
