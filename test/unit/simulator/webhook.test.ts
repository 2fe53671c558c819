/** The carrier's fetches on a clock that stands still; the peer is a real one on loopback. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetchWebhook, type WebhookAnswer } from '../../../src/simulator/webhook.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const HOST = 'bot.example.org';

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A peer that says nothing: with `tls` the connection is never made, without it the request is never answered. */
async function silentPeer() {
  let arrived = 0;
  let wake = () => {};
  const port = await listening(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        arrived += 1;
        wake();
      });
    }),
  );
  return {
    port,
    /** Resolves when the peer has got the first bytes of its attempt number `count`. */
    attempt: async (count: number) => {
      while (arrived < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** A peer that answers each request by the next of `statuses`, and the last one again and again. */
async function peer(...statuses: number[]) {
  const seen: IncomingHttpHeaders[] = [];
  const port = await listening(
    createServer((request, response) => {
      seen.push(request.headers);
      response.statusCode = statuses[Math.min(seen.length, statuses.length) - 1] ?? 500;
      response.setHeader('content-type', 'text/xml');
      response.end('<Response/>');
    }),
  );
  return { port, seen };
}

function fetchFrom(port: number, fragment: string, clock = new FakeClock(), tls = false) {
  let answer: WebhookAnswer | null = null;
  const done = fetchWebhook(
    {
      url: `https://${HOST}/voice${fragment}`,
      method: 'POST',
      parameters: new Map([['CallSid', 'CA1']]),
      idempotencyToken: 'the-event',
      signal: new AbortController().signal,
    },
    {
      clock,
      authToken: 'secret',
      routing: { addresses: new Map([[HOST, { host: '127.0.0.1', port, tls }]]) },
      signedUrl: (url) => url,
      roundTripMs: 0,
    },
  ).then((settled) => {
    answer = settled;
    return settled;
  });
  return { clock, done, settled: () => answer };
}

describe('a fetch of the carrier', () => {
  it('takes the first answer, and asks once', async () => {
    const { port, seen } = await peer(200);
    expect(await fetchFrom(port, '').done).toMatchObject({ ok: true, statusCode: 200, attempts: 1 });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['one retry without a fragment, where nobody listens', '', 2],
    ['none at rc=0', '#rc=0', 1],
    ['five, which are the most', '#rc=9&rp=all', 6],
  ])('makes %s, then says 11205', async (_what, fragment, attempts) => {
    expect(await fetchFrom(1, fragment).done).toEqual({
      ok: false,
      code: 11205,
      text: expect.stringContaining('ECONNREFUSED'),
      statusCode: null,
      attempts,
    });
  });

  it.each([
    ['is not retried without a policy', '#rc=5', 1],
    ['is not retried by the policy of another failure', '#rc=5&rp=4xx,ct', 1],
    ['is retried by its own policy', '#rc=2&rp=5xx', 3],
    ['is retried by rp=all', '#rc=5&rp=all', 6],
  ])('a 500 %s, then says 11200', async (_what, fragment, attempts) => {
    const { port, seen } = await peer(500);
    expect(await fetchFrom(port, fragment).done).toMatchObject({ ok: false, code: 11200, attempts });
    expect(seen).toHaveLength(attempts);
  });

  it('carries one idempotency token through all tries of an event', async () => {
    const { port, seen } = await peer(500, 404, 200);
    expect(await fetchFrom(port, '#rc=5&rp=all').done).toMatchObject({ ok: true, attempts: 3 });
    expect(seen.map((headers) => headers['i-twilio-idempotency-token'])).toEqual(Array(3).fill('the-event'));
  });

  it('waits 5 s for a connection, twice, and no longer', async () => {
    const { port, attempt } = await silentPeer();
    const { clock, done, settled } = fetchFrom(port, '', new FakeClock(), true);
    await attempt(1);
    clock.advanceMs(4999);
    expect(clock.pendingTimers()).toBe(1);
    clock.advanceMs(1);
    await attempt(2);
    expect(settled()).toBeNull();
    clock.advanceMs(5000);
    expect(await done).toMatchObject({ ok: false, code: 11205, attempts: 2 });
    expect(clock.nowMs()).toBe(10_000);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('waits 15 s for an answer and for all its tries together, however many are asked for', async () => {
    const { port, attempt } = await silentPeer();
    const one = fetchFrom(port, '#rc=5&rp=all');
    await attempt(1);
    one.clock.advanceMs(14_999);
    expect(one.settled()).toBeNull();
    one.clock.advanceMs(1);
    expect(await one.done).toMatchObject({ ok: false, code: 11205, attempts: 1 });

    const three = fetchFrom(port, '#rc=5&rp=all', new FakeClock(), true);
    for (let count = 2; count <= 4; count++) {
      await attempt(count);
      three.clock.advanceMs(5000);
    }
    expect(await three.done).toMatchObject({ ok: false, code: 11205, attempts: 3 });

    // The last try has what is left.
    const four = fetchFrom(port, '#ct=4000&rc=5&rp=all', new FakeClock(), true);
    for (let count = 5; count <= 8; count++) {
      await attempt(count);
      four.clock.advanceMs(count < 8 ? 4000 : 3000);
    }
    expect(await four.done).toMatchObject({ ok: false, code: 11205, attempts: 4 });
    expect(four.clock.nowMs()).toBe(15_000);
  });

  it('gives up at once when the call ends', async () => {
    const { port, attempt } = await silentPeer();
    const clock = new FakeClock();
    const ended = new AbortController();
    const done = fetchWebhook(
      {
        url: `https://${HOST}/voice#rc=5&rp=all`,
        method: 'POST',
        parameters: new Map(),
        idempotencyToken: 'x',
        signal: ended.signal,
      },
      {
        clock,
        authToken: 'secret',
        routing: { addresses: new Map([[HOST, { host: '127.0.0.1', port }]]) },
        signedUrl: (url) => url,
        roundTripMs: 0,
      },
    );
    await attempt(1);
    ended.abort();
    expect(await done).toMatchObject({ ok: false, attempts: 1 });
    expect(clock.pendingTimers()).toBe(0);
  });
});
