import { describe, expect, it } from 'vitest';
import { readTwiml } from '../../../src/simulator/twiml-document.ts';

const read = (xml: string, contentType: string | null = 'text/xml; charset=utf-8') =>
  readTwiml(Buffer.from(xml), contentType);
const codeOf = (xml: string, contentType?: string | null) => {
  const reading = read(xml, contentType === undefined ? 'text/xml' : contentType);
  return reading.ok ? null : reading.error.code;
};

describe('TwiML as Twilio reads it', () => {
  it('gives verbs in order with attributes, nouns and undone entities', () => {
    const reading = read(
      '<?xml version="1.0" encoding="UTF-8"?><Response><Connect action="/c#rc=5&amp;rp=all"><Stream url="wss://h/p">' +
        '<Parameter name="a" value="b"/></Stream></Connect><Say language="en-US">a &lt; b</Say><Hangup/></Response>',
    );
    if (!reading.ok) throw new Error(reading.error.text);
    expect(reading.warnings).toEqual([]);
    expect(reading.verbs.map((verb) => verb.name)).toEqual(['Connect', 'Say', 'Hangup']);
    expect(reading.verbs[0]!.attributes).toEqual({ action: '/c#rc=5&rp=all' });
    expect(reading.verbs[0]!.children[0]!.children[0]!.attributes).toEqual({ name: 'a', value: 'b' });
    expect(reading.verbs[1]!.text).toBe('a < b');
  });

  it.each([
    [12100, '<Response><Say>a & b</Say></Response>'],
    [12100, '<Response><Redirect>/x</Redirect>'],
    [12100, '<Response a="x?a=1&b=2"/>'],
    [12100, '<Response/><Response/>'],
    [12100, ' <?xml version="1.0"?><Response/>'],
    [12100, '<!DOCTYPE r [<!ENTITY a "b">]><Response/>'],
    [12100, ''],
    [12100, 'sorry'],
    [12102, '<Reply/>'],
    [11750, `<Response><Say>${'x'.repeat(65_536)}</Say></Response>`],
  ])('refuses with %i: %.60s', (code, xml) => {
    expect(codeOf(xml)).toBe(code);
  });

  it('goes by the content type', () => {
    expect(codeOf('<Response/>', 'application/json')).toBe(12300);
    expect(codeOf('<Response/>', null)).toBe(12300);
    expect(codeOf('<Response/>', 'text/html')).toBeNull();
    const plain = read('Hello', 'text/plain');
    expect(plain.ok && plain.verbs).toMatchObject([{ name: 'Say', text: 'Hello' }]);
  });

  it('warns of unknown verbs and attributes, and leaves such verbs out', () => {
    const reading = read('<Response><Fly/><Pause length="1" colour="red"/></Response>');
    expect(reading.ok && reading.warnings.map((warning) => warning.code)).toEqual([12200, 12200]);
    expect(reading.ok && reading.verbs.map((verb) => verb.name)).toEqual(['Pause']);
  });
});
