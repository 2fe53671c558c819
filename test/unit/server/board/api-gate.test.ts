import { describe, expect, it } from 'vitest';
import { ApiGate } from '../../../../src/server/board/api-gate.ts';
import { type FakeRequest, fakeExchange } from '../../../support/fake-exchange.ts';

const TOKEN = 'an-admin-token-of-tests';
const LAN = new Uint8Array([10, 0, 0, 7]);
const host = ['host', 'localhost:8080'] as const;

/** `admitted`, or the status and code of the refusal. */
function ask(token: string | null, request: FakeRequest): string {
  const asked = fakeExchange(request);
  const isAdmitted = new ApiGate(token).admits(asked.exchange);
  return isAdmitted
    ? `admitted${asked.answers.length > 0 ? ' and answered' : ''}`
    : `${asked.status} ${asked.code}`;
}

describe('without a token', () => {
  it('a local request is admitted, with a page of this server or without', () => {
    expect(ask(null, { headers: [host] })).toBe('admitted');
    expect(ask(null, { headers: [host, ['origin', 'http://localhost:8080']] })).toBe('admitted');
    expect(ask(null, { headers: [host, ['sec-fetch-site', 'same-origin']] })).toBe('admitted');
    expect(ask(null, { headers: [host, ['sec-fetch-site', 'none']] })).toBe('admitted');
  });

  it('any other is refused', () => {
    expect(ask(null, { headers: [['host', 'bot.example.org']] })).toBe('403 not-local');
    expect(ask(null, { headers: [host, ['x-forwarded-for', '10.0.0.1']] })).toBe('403 not-local');
    expect(ask(null, { headers: [host], peerAddress: LAN })).toBe('403 not-local');
    expect(ask(null, { headers: [host, ['authorization', `Bearer ${TOKEN}`]], peerAddress: LAN })).toBe(
      '403 not-local',
    );
  });

  it.each([
    ['origin', 'https://evil.example'],
    ['origin', 'http://localhost:3000'],
    ['origin', 'null'],
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
  ])('a local request that a foreign page had the browser send is refused: %s %s', (name, value) => {
    expect(ask(null, { headers: [host, [name, value]] })).toBe('403 foreign-origin');
  });
});

describe('with a token', () => {
  it('its bearer is admitted, from wherever', () => {
    const headers = [
      ['host', 'bot.example.org'],
      ['authorization', `Bearer ${TOKEN}`],
      ['x-forwarded-for', '10.0.0.1'],
    ] as const;
    expect(ask(TOKEN, { headers, peerAddress: LAN })).toBe('admitted');
  });

  it.each([
    ['none', []],
    ['another', ['Bearer another-token-of-tests']],
    ['a part of it', [`Bearer ${TOKEN.slice(0, -1)}`]],
    ['it by another scheme', [`Basic ${TOKEN}`]],
    ['it twice', [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]],
  ])('a local request with %s is refused', (_what, given) => {
    const headers = [host, ...given.map((value) => ['authorization', value] as const)];
    expect(ask(TOKEN, { headers })).toBe('401 no-token');
  });

  it('says in the refusal what to send, and nothing of what was sent', () => {
    const asked = fakeExchange({ headers: [host, ['authorization', 'Bearer wrong-token-of-tests']] });
    new ApiGate(TOKEN).admits(asked.exchange);
    expect(asked.answers[0]).toMatchObject({
      status: '401 Unauthorized',
      contentType: 'application/problem+json',
      headers: { 'WWW-Authenticate': 'Bearer realm="board"' },
    });
    expect(JSON.parse(asked.answers[0]!.body)).toEqual({
      type: 'about:blank',
      title: 'A token is needed',
      status: 401,
      detail: 'Send the ADMIN_TOKEN of this server as a bearer token.',
      code: 'no-token',
    });
  });
});
