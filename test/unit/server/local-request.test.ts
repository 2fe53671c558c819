import { describe, expect, it } from 'vitest';
import { isLocalRequest } from '../../../src/server/local-request.ts';

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

function request(host: string, extra: [string, string][] = [], peerAddress = LOOPBACK) {
  return { peerAddress, headers: [['host', host] as const, ...extra] };
}

describe('isLocalRequest', () => {
  it.each(['localhost', 'localhost:8080', 'LOCALHOST:1', '127.0.0.1:8080', '[::1]:8080', '[::1]'])(
    'takes loopback with Host %s',
    (host) => expect(isLocalRequest(request(host))).toBe(true),
  );

  it.each([
    'bot.example.org',
    'localhost.example.org',
    '127.0.0.1.nip.io',
    '127.0.0.2',
    'user@localhost',
    'localhost:8080/x',
    'localhost:',
    '::1',
    '',
  ])('refuses loopback with Host %j', (host) => expect(isLocalRequest(request(host))).toBe(false));

  it.each([
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-real-ip',
    'via',
    'cf-connecting-ip',
    'cf-ray',
    'true-client-ip',
    'x-envoy-external-address',
    'ngrok-trace-id',
    'x_forwarded_for',
    'x-original-forwarded-for',
    'wl-proxy-forwarded',
    'client_ip',
    'proxy-client-ip',
    'x-clientip',
    'x_real_ip',
  ])('refuses whatever came with %s, empty or not', (name) => {
    expect(isLocalRequest(request('localhost', [[name, '127.0.0.1']]))).toBe(false);
    expect(isLocalRequest(request('localhost', [[name, '']]))).toBe(false);
  });

  it('refuses a second Host', () => {
    expect(isLocalRequest(request('localhost', [['host', 'localhost']]))).toBe(false);
  });

  it('knows loopback in IPv4, IPv6 and IPv4 mapped into IPv6', () => {
    const v6 = Buffer.from('00000000000000000000000000000001', 'hex');
    const mapped = Buffer.from('00000000000000000000ffff7f000001', 'hex');
    expect(isLocalRequest(request('localhost', [], v6))).toBe(true);
    expect(isLocalRequest(request('localhost', [], mapped))).toBe(true);
  });

  it('refuses every other peer, whatever it says of itself', () => {
    const others = ['0a000001', '00000000000000000000ffff0a000001', 'fe800000000000000000000000000001', ''];
    for (const hex of others)
      expect(isLocalRequest(request('localhost', [], Buffer.from(hex, 'hex')))).toBe(false);
  });
});
