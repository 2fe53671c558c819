import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FormParameters } from '../../../src/protocol/form-body.ts';
import { checkUpgradeSignature, checkWebhookSignature } from '../../../src/protocol/signature.ts';
import { RETRY_FRAGMENT } from '../../../src/protocol/webhook-paths.ts';

const TOKEN = '12345';
const PUBLIC_URL = 'https://mycompany.com';
const sign = (text: string, token = TOKEN) => createHmac('sha1', token).update(text).digest('base64');
const form = (pairs: Record<string, string | string[]>): FormParameters =>
  new Map(Object.entries(pairs).map(([name, value]) => [name, Array.isArray(value) ? value : [value]]));

/** The example of Twilio's security page. */
const EXAMPLE = form({
  Digits: '1234',
  CallSid: 'CA1234567890ABCDE',
  From: '+14158675309',
  Caller: '+14158675309',
  To: '+18005551212',
});

const webhook = (
  signature: string | undefined,
  change: Partial<Parameters<typeof checkWebhookSignature>[0]> = {},
) =>
  checkWebhookSignature({
    authToken: TOKEN,
    publicUrl: PUBLIC_URL,
    pathAndQuery: '/myapp.php?foo=1&bar=2',
    parameters: EXAMPLE,
    signature,
    ...change,
  });

describe('webhook signatures', () => {
  it("accepts Twilio's published example", () => {
    expect(webhook('RSOYDt4T1cUTdK1PDd93/VVr8B8=')).toEqual({ valid: true });
  });

  it('refuses it for another token, path, scheme or parameter', () => {
    const signature = 'RSOYDt4T1cUTdK1PDd93/VVr8B8=';
    const mismatch = { valid: false, reason: 'mismatch' };
    expect(webhook(signature, { authToken: '12346' })).toEqual(mismatch);
    expect(webhook(signature, { pathAndQuery: '/other.php?foo=1&bar=2' })).toEqual(mismatch);
    expect(webhook(signature, { publicUrl: 'http://mycompany.com' })).toEqual(mismatch);
    expect(webhook(signature, { publicUrl: 'https://yourcompany.com' })).toEqual(mismatch);
    expect(webhook(signature, { parameters: new Map([...EXAMPLE, ['Digits', ['1235']]]) })).toEqual(mismatch);
    expect(webhook(signature, { parameters: new Map([...EXAMPLE, ['More', ['1']]]) })).toEqual(mismatch);
  });

  it('names a missing and a malformed header', () => {
    expect(webhook(undefined)).toEqual({ valid: false, reason: 'missing' });
    expect(webhook('')).toEqual({ valid: false, reason: 'missing' });
    expect(webhook('A'.repeat(60_000))).toEqual({ valid: false, reason: 'malformed' });
  });

  it('accepts the standard port named or not', () => {
    const empty = new Map();
    const named = sign('https://mycompany.com:443/voice');
    expect(webhook(named, { pathAndQuery: '/voice', parameters: empty })).toEqual({ valid: true });
    const unnamed = sign('https://mycompany.com/voice');
    const configured = { publicUrl: 'https://mycompany.com:443/', pathAndQuery: '/voice', parameters: empty };
    expect(webhook(unnamed, configured)).toEqual({ valid: true });
  });

  it('accepts the connection overrides signed or not, and only those that we gave', () => {
    const about = { pathAndQuery: '/voice/continue/x', parameters: new Map(), fragments: [RETRY_FRAGMENT] };
    expect(webhook(sign(`${PUBLIC_URL}/voice/continue/x`), about)).toEqual({ valid: true });
    expect(webhook(sign(`${PUBLIC_URL}/voice/continue/x${RETRY_FRAGMENT}`), about)).toEqual({ valid: true });
    expect(webhook(sign(`${PUBLIC_URL}/voice/continue/x#rc=1`), about).valid).toBe(false);
  });

  it('counts a name that came twice with its distinct values, sorted', () => {
    const parameters = form({ A: ['2', '1', '2'] });
    expect(webhook(sign(`${PUBLIC_URL}/vA1A2`), { pathAndQuery: '/v', parameters })).toEqual({ valid: true });
  });

  it('does not take the body hash of a JSON request for a form', () => {
    const pathAndQuery = '/v?bodySHA256=00';
    const signature = sign(PUBLIC_URL + pathAndQuery);
    expect(webhook(signature, { pathAndQuery, parameters: new Map() })).toEqual({
      valid: false,
      reason: 'body hash',
    });
  });

  it('treats a parameter named like a method as a parameter', () => {
    const parameters = form({ toString: '1' });
    expect(webhook(sign(`${PUBLIC_URL}/vtoString1`), { pathAndQuery: '/v', parameters })).toEqual({
      valid: true,
    });
  });
});

describe('upgrade signatures', () => {
  const upgrade = (signedUrl: string, publicUrl = PUBLIC_URL, path = '/ws/twilio/t') =>
    checkUpgradeSignature({ authToken: TOKEN, publicUrl, path, signature: sign(signedUrl) }).valid;

  it.each([
    'wss://mycompany.com/ws/twilio/t',
    'https://mycompany.com/ws/twilio/t',
    'wss://mycompany.com:443/ws/twilio/t',
    'https://mycompany.com:443/ws/twilio/t',
  ])('accepts %s', (url) => {
    expect(upgrade(url)).toBe(true);
  });

  it.each([
    'ws://mycompany.com/ws/twilio/t',
    'wss://mycompany.com:80/ws/twilio/t',
    'wss://mycompany.com/ws/twilio/other',
    'wss://mycompany.com/ws/twilio/t/',
    'wss://other.com/ws/twilio/t',
  ])('refuses %s', (url) => {
    expect(upgrade(url)).toBe(false);
  });

  it('accepts a bare host with and without its slash', () => {
    expect(upgrade('wss://mycompany.com', PUBLIC_URL, '/')).toBe(true);
    expect(upgrade('wss://mycompany.com/', PUBLIC_URL, '/')).toBe(true);
  });

  it('keeps a port that is not the standard one', () => {
    expect(upgrade('wss://mycompany.com:8443/ws/twilio/t', 'https://mycompany.com:8443')).toBe(true);
    expect(upgrade('wss://mycompany.com:443/ws/twilio/t', 'https://mycompany.com:8443')).toBe(false);
  });

  it('knows a plain local address', () => {
    expect(upgrade('ws://127.0.0.1:3000/ws/twilio/t', 'http://127.0.0.1:3000')).toBe(true);
    expect(upgrade('ws://127.0.0.1:3000/ws/twilio/t', 'ws://127.0.0.1:3000')).toBe(true);
  });

  it('refuses a missing signature', () => {
    const request = { authToken: TOKEN, publicUrl: PUBLIC_URL, path: '/', signature: undefined };
    expect(checkUpgradeSignature(request)).toEqual({ valid: false, reason: 'missing' });
  });
});
