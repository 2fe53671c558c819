import { describe, expect, it } from 'vitest';
import type { Answer, Exchange } from '../../../src/server/exchange.ts';
import { MetricsRoute } from '../../../src/telemetry/metrics-route.ts';

const TOKEN = 'a-metrics-token-of-tests';
const LOOPBACK = new Uint8Array([127, 0, 0, 1]);

/** The status that a scrape is answered with. */
async function statusOf(
  token: string | null,
  headers: readonly (readonly [string, string])[],
  peerAddress = LOOPBACK,
): Promise<string> {
  const registry = { contentType: 'text/plain' as const, metrics: async () => 'a 1\n' };
  const route = new MetricsRoute(registry as never, token);
  let status = '';
  await route.answer({
    peerAddress,
    headers,
    header: (name: string) => headers.find(([key]) => key === name)?.[1] ?? '',
    headerCount: (name: string) => headers.filter(([key]) => key === name).length,
    answer: (answer: Answer) => {
      status = answer.status;
    },
  } as unknown as Exchange);
  return status;
}

const local = ['host', 'localhost:8080'] as const;

describe('without a token', () => {
  it('a local request is served', async () => {
    expect(await statusOf(null, [local])).toBe('200 OK');
  });

  it('any other is refused', async () => {
    expect(await statusOf(null, [['host', 'bot.example.org']])).toBe('403 Forbidden');
    expect(await statusOf(null, [local, ['x-forwarded-for', '10.0.0.1']])).toBe('403 Forbidden');
    expect(await statusOf(null, [local], new Uint8Array([10, 0, 0, 1]))).toBe('403 Forbidden');
  });
});

describe('with a token', () => {
  it('its bearer is served, from wherever', async () => {
    const headers = [
      ['host', 'bot.example.org'],
      ['authorization', `Bearer ${TOKEN}`],
    ] as const;
    expect(await statusOf(TOKEN, headers, new Uint8Array([10, 0, 0, 1]))).toBe('200 OK');
  });

  it.each([
    ['none', []],
    ['another', ['Bearer another-token-of-tests']],
    ['a part of it', [`Bearer ${TOKEN.slice(0, -1)}`]],
    ['it by another scheme', [`Basic ${TOKEN}`]],
    ['it twice', [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]],
  ] as const)('a local request with %s is refused', async (_what, given) => {
    const headers = [local, ...given.map((value) => ['authorization', value] as const)];
    expect(await statusOf(TOKEN, headers)).toBe('401 Unauthorized');
  });
});
