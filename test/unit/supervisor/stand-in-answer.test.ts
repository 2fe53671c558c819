import { describe, expect, it } from 'vitest';
import { standInAnswer } from '../../../src/supervisor/stand-in-answer.ts';

const TOKEN = 'A'.repeat(104);
const URL = 'https://bot.example.org';

describe('the stand-in', () => {
  it.each(['/voice', `/voice/outbound/DL${'1'.repeat(32)}`, `/voice/continue/${TOKEN}`])(
    'lets %s wait, five times, then says so',
    (path) => {
      let target = path;
      for (let waits = 1; waits <= 5; waits++) {
        const { statusCode, body, contentType } = standInAnswer('POST', target, URL);
        expect([statusCode, contentType]).toEqual([200, 'text/xml; charset=utf-8']);
        expect(body).toContain('<Pause length="2"/>');
        target = /<Redirect method="POST">https:\/\/bot.example.org(.*)<\/Redirect>/.exec(body)![1]!;
        expect(target).toBe(`${path}?waits=${waits}`);
      }
      expect(standInAnswer('POST', target, URL).body).toMatch(/<Say language="en-US">[^<]+<\/Say><Hangup\/>/);
    },
  );

  it('hands on how a transfer went, which the carrier says once, over every wait and to the server', () => {
    const path = `/voice/continue/${TOKEN}`;
    const first = standInAnswer('POST', path, URL, 'CallSid=CA1&DialCallStatus=no-answer');
    expect(first.body).toContain(`>${URL}${path}?waits=1&amp;dial=no-answer<`);
    const second = standInAnswer('POST', `${path}?waits=1&dial=no-answer`, URL, 'CallSid=CA1');
    expect(second.body).toContain(`>${URL}${path}?waits=2&amp;dial=no-answer<`);
    expect(second.servedBody).toContain(`>${URL}${path}?dial=no-answer<`);
    for (const odd of ['"><Dial>', 'x'.repeat(17), 'A B'])
      expect(standInAnswer('POST', path, URL, `DialCallStatus=${encodeURIComponent(odd)}`).body).toContain(
        '?waits=1<',
      );
  });

  it('sends the carrier to the public address with its prefix, whether or not a proxy cuts that off', () => {
    for (const target of ['/bot/voice', '/voice']) {
      const { body } = standInAnswer('POST', target, 'https://example.org/bot');
      expect(body).toContain('>https://example.org/bot/voice?waits=1<');
    }
    expect(standInAnswer('POST', '/voice', null).body).toContain('>/voice?waits=1<');
  });

  it('has who asks again sent to the server as soon as there is one, without a pause and with every wait anew', () => {
    for (const path of ['/voice', `/voice/continue/${TOKEN}`]) {
      expect(standInAnswer('POST', path, URL)).not.toHaveProperty('servedBody');
      expect(standInAnswer('GET', `${path}?waits=1`, URL)).not.toHaveProperty('servedBody');
      for (const waits of [1, 5]) {
        expect(standInAnswer('POST', `${path}?waits=${waits}`, URL).servedBody).toContain(
          `<Response><Redirect method="POST">${URL}${path}</Redirect></Response>`,
        );
      }
    }
  });

  it.each<[string, string, number, string]>([
    ['POST', '/voice/fallback', 200, '<Hangup/>'],
    ['POST', '/voice/status', 200, 'ok'],
    // Tried again by the carrier: what they tell is to be kept.
    ['POST', `/voice/outbound-status/DL${'1'.repeat(32)}`, 503, 'restarted'],
    ['POST', `/voice/machine/DL${'1'.repeat(32)}`, 503, 'restarted'],
    ['POST', `/voice/whisper/${TOKEN}`, 200, '<Response></Response>'],
    ['GET', '/healthz', 200, '"status":"ok"'],
    ['GET', '/readyz', 503, '"ready":false'],
    ['GET', '/voice', 405, 'Expected POST'],
    ['POST', '/readyz', 405, 'Expected GET'],
    ['GET', `/ws/twilio/${TOKEN}`, 503, 'restarted'],
    ['POST', '/voice/continue/x"><Dial>', 503, 'restarted'],
    ['GET', '/', 503, 'restarted'],
  ])('answers %s %s with %i', (method, target, statusCode, words) => {
    const answer = standInAnswer(method, target, URL);
    expect(answer.statusCode).toBe(statusCode);
    expect(answer.body).toContain(words);
  });
});
