import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../../src/clock.ts';
import { faultQueue, jsonReply, type VendorFault } from '../../../../src/simulator/vendors/vendor-fault.ts';
import { VendorServer, type VendorServerOptions } from '../../../../src/simulator/vendors/vendor-server.ts';
import { LeanFetch, type LeanFetchOptions } from '../../../../src/speech/openai/lean-fetch.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** A busy machine may take its time; nothing waits for it. */
const PATIENT = { timeout: 4000 };

const RIGHT = jsonReply(200, { text: 'yes' }, { 'x-request-id': 'req_1' });

async function server(options: Partial<VendorServerOptions> = {}): Promise<VendorServer> {
  const vendor = await VendorServer.listen({
    clock: systemClock,
    answer: () => ({ accepted: true, reply: RIGHT }),
    ...options,
  });
  onTestFinished(() => vendor.close());
  return vendor;
}

function leanFetch(options: Partial<LeanFetchOptions> = {}): LeanFetch {
  const lean = new LeanFetch({ clock: systemClock, body: 'whole', bodyMaxBytes: 1024, ...options });
  onTestFinished(() => lean.close());
  return lean;
}

/** Accepts connections and says nothing on them. */
async function muteServer(onConnection: () => void): Promise<{ url: string; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const mute: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    onConnection();
  });
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  return { url: `https://127.0.0.1:${(mute.address() as AddressInfo).port}`, sockets };
}

describe('the lean fetch', () => {
  it('sends method, headers and body, and gives status, headers and body', async () => {
    const seen: unknown[] = [];
    const vendor = await server({
      answer: ({ method, path, headers, body }) => {
        seen.push([method, path, headers['x-test'], headers['content-length'], body.toString()]);
        return { accepted: true, reply: RIGHT };
      },
    });
    const response = await leanFetch().fetch(`${vendor.origin}/v1/x?y=1`, {
      method: 'POST',
      headers: new Headers({ 'X-Test': 'a' }),
      body: 'grün',
    });
    expect(seen).toEqual([['POST', '/v1/x', 'a', '5', 'grün']]);
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.headers.get('x-request-id')]).toEqual([200, 'req_1']);
    expect(await response.json()).toEqual({ text: 'yes' });
  });

  it('keeps its connection', async () => {
    const vendor = await server();
    const lean = leanFetch();
    for (let request = 0; request < 5; request++) await lean.fetch(vendor.origin);
    expect(vendor.socketsOpened).toBe(1);
    expect(vendor.requestsAccepted).toBe(5);
  });

  it('sends once more when a kept connection was closed by the other end, and once only', async () => {
    const reset: VendorFault = { kind: 'reset', after: 'request' };
    const faults: (VendorFault | null)[] = [null, reset, null, reset, reset];
    const vendor = await server({ fault: ({ index }) => faults[index] ?? null });
    const lean = leanFetch();
    await lean.fetch(vendor.origin);
    expect((await lean.fetch(vendor.origin)).status).toBe(200);
    await expect(lean.fetch(vendor.origin)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(vendor.requestsAccepted).toBe(5);
  });

  it('sends the second time on a new connection, however many kept ones there are', async () => {
    const seen = new Set<Socket>();
    const waiting: ServerResponse[] = [];
    // Answers the first request of each connection, three at once, and breaks a connection at its second.
    const http = createHttpServer((request, response) => {
      if (seen.has(request.socket)) request.socket.resetAndDestroy();
      else {
        seen.add(request.socket);
        waiting.push(response);
        if (waiting.length >= 3) for (const waited of waiting) waited.end('yes');
      }
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void http.close());
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const lean = leanFetch();
    await Promise.all([lean.fetch(url), lean.fetch(url), lean.fetch(url)]);
    expect(await (await lean.fetch(url)).text()).toBe('yes');
  });

  it('does not send again on a new connection', async () => {
    const vendor = await server({ fault: faultQueue([{ kind: 'reset', after: 'request' }]) });
    await expect(leanFetch().fetch(vendor.origin)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(vendor.requestsAccepted).toBe(1);
  });

  it('refuses a body that is too long, and keeps no connection for its rest', async () => {
    const vendor = await server({ fault: () => ({ kind: 'endless' }) });
    await expect(leanFetch().fetch(vendor.origin)).rejects.toThrow('more than 1024 bytes');
    await vendor.noSockets();
  });

  it("gives the start of an error's body that is too long", async () => {
    const body = 'x'.repeat(1_000_000);
    const vendor = await server({
      answer: () => ({ accepted: true, reply: { status: 500, headers: {}, body } }),
    });
    const response = await leanFetch().fetch(vendor.origin);
    expect(response.status).toBe(500);
    expect((await response.text()).length).toBeLessThanOrEqual(16 * 1024);
    await vendor.noSockets();
  });

  it('follows no redirect', async () => {
    const vendor = await server({
      answer: () => ({
        accepted: true,
        reply: { status: 302, headers: { location: '/elsewhere' }, body: '' },
      }),
    });
    expect((await leanFetch().fetch(vendor.origin)).status).toBe(302);
    expect(vendor.requestsAccepted).toBe(1);
  });

  it('gives up on a connection after 2.5 s, TLS included', async () => {
    const clock = new FakeClock();
    const { promise: come, resolve: comes } = Promise.withResolvers<void>();
    const { url, sockets } = await muteServer(comes);
    const request = leanFetch({ clock }).fetch(url);
    await come;
    clock.advanceMs(2499);
    expect(clock.pendingTimers()).toBe(1);
    clock.advanceMs(1);
    await expect(request).rejects.toThrow('no connection within 2500 ms');
    await expect.poll(() => sockets.size, PATIENT).toBe(0);
  });

  it('keeps no timer once it is connected', async () => {
    const clock = new FakeClock();
    const vendor = await server();
    await leanFetch({ clock }).fetch(vendor.origin);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('refuses a certificate that nobody vouches for', async () => {
    const folder = new URL('../../../fixtures/tls/', import.meta.url);
    const https = createHttpsServer({
      key: readFileSync(new URL('one.key', folder)),
      cert: readFileSync(new URL('one.crt', folder)),
    });
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void https.close());
    const request = leanFetch().fetch(`https://127.0.0.1:${(https.address() as AddressInfo).port}`);
    await expect(request).rejects.toMatchObject({ code: expect.stringMatching(/CERT|ALTNAME|SIGNATURE/) });
  });
});

describe('an abort of the lean fetch', () => {
  const reason = new Error('the caller went on');

  it('before it begins sends nothing', async () => {
    const vendor = await server();
    await expect(leanFetch().fetch(vendor.origin, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(vendor.socketsOpened).toBe(0);
  });

  it('while it connects', async () => {
    const { promise: come, resolve: comes } = Promise.withResolvers<void>();
    const { url, sockets } = await muteServer(comes);
    const abort = new AbortController();
    const clock = new FakeClock();
    const request = leanFetch({ clock }).fetch(url, { signal: abort.signal });
    await come;
    abort.abort(reason);
    await expect(request).rejects.toBe(reason);
    await expect.poll(() => sockets.size, PATIENT).toBe(0);
    expect(clock.pendingTimers()).toBe(0);
  });

  it.each<[string, VendorFault]>([
    ['before the headers', { kind: 'hang', after: 'request' }],
    ['after the headers', { kind: 'hang', after: 'headers' }],
    ['in the body', { kind: 'hang', after: 'half-body' }],
  ])('%s ends the request and its connection', async (_name, fault) => {
    const { promise: come, resolve: comes } = Promise.withResolvers<void>();
    const vendor = await server({
      fault: ({ index }) => {
        if (index > 0) return null;
        comes();
        return fault;
      },
    });
    const abort = new AbortController();
    const lean = leanFetch();
    const request = lean.fetch(vendor.origin, { signal: abort.signal });
    await come;
    // What was sent before this answer has come by now.
    await leanFetch().fetch(vendor.origin);
    abort.abort(reason);
    await expect(request).rejects.toBe(reason);
    await expect.poll(() => vendor.openSockets, PATIENT).toBe(1);
  });

  it('of a stream ends what its reader waits for', async () => {
    const vendor = await server({ fault: faultQueue([{ kind: 'hang', after: 'half-body' }]) });
    const abort = new AbortController();
    const response = await leanFetch({ body: 'stream' }).fetch(vendor.origin, { signal: abort.signal });
    const reader = response.body!.getReader();
    expect((await reader.read()).done).toBe(false);
    const next = reader.read();
    abort.abort(reason);
    await expect(next).rejects.toThrow();
    await vendor.noSockets();
  });

  it('leaves the signal without listeners when all went well', async () => {
    const vendor = await server();
    const lean = leanFetch();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    await lean.fetch(vendor.origin, { signal });
    expect(listeners).toBe(0);
  });
});

describe('a stream of the lean fetch', () => {
  async function streamOf(clock: Clock, ...faults: VendorFault[]): Promise<[VendorServer, Response]> {
    const vendor = await server({ clock, fault: faultQueue(faults) });
    const lean = leanFetch({ body: 'stream', bodyMaxBytes: 1_000_000 });
    return [vendor, await lean.fetch(vendor.origin)];
  }

  it('ends the connection when its reader leaves', async () => {
    const [vendor, response] = await streamOf(systemClock, { kind: 'endless' });
    for await (const _ of response.body!) break;
    await vendor.noSockets();
  });

  it('breaks past its bound', async () => {
    const [vendor, response] = await streamOf(systemClock, { kind: 'endless' });
    await expect(response.text()).rejects.toThrow('more than 1000000 bytes');
    await vendor.noSockets();
  });

  it('breaks when the connection does', async () => {
    const [, response] = await streamOf(systemClock, { kind: 'reset', after: 'half-body' });
    await expect(response.text()).rejects.toThrow();
  });
});
