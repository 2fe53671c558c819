/** Over real sockets of 127.0.0.1. */
import { request } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Clock, systemClock } from '../../../src/clock.ts';
import type { ServerAddress } from '../../../src/supervisor/server-messages.ts';
import { StandIn } from '../../../src/supervisor/stand-in.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { rawExchange } from '../../support/server-rig.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function standIn(more: Partial<ServerAddress> = {}, clock: Clock = systemClock) {
  const refused: string[] = [];
  const made = new StandIn({ clock, onRefused: ({ code }) => refused.push(code ?? '') });
  onTestFinished(() => {
    made.close();
    made.endWaits('over');
  });
  const address = { host: '127.0.0.1', port: await freePort(), tls: null, publicUrl: null, ...more };
  return { address, made, refused };
}

const post = (port: number, body = 'CallSid=CA1', path = '/voice') =>
  rawExchange(
    port,
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    true,
  );
const isRefused = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(false));
    socket.on('error', () => resolve(true));
    socket.on('connect', () => socket.destroy());
  });

describe('the stand-in', () => {
  it('answers one request a connection from the turn it opens in to the one it closes in', async () => {
    const { address, made } = await standIn();
    made.open(address);
    made.open(address);
    expect(await post(address.port)).toMatch(
      /^HTTP\/1.1 200 OK[\s\S]*connection: close[\s\S]*<Pause length="2"\/>/i,
    );
    expect(made.answered).toBe(1);
    made.close();
    expect(await isRefused(address.port)).toBe(true);
    made.open(address);
    expect(await post(address.port)).toContain('<Pause');
  });

  it('has a port as soon as another leaves it', async () => {
    const { address, made, refused } = await standIn();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(address.port, '127.0.0.1', resolve));
    made.open(address);
    await new Promise((resolve) => setImmediate(resolve));
    other.close();
    await vi.waitFor(async () => expect(await post(address.port)).toContain('<Pause'));
    expect(refused).toEqual([]);
  });

  it('says once that it cannot have the port, and goes on trying', async () => {
    const { address, made, refused } = await standIn();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(address.port, '127.0.0.1', resolve));
    made.open(address);
    await vi.waitFor(() => expect(refused).toEqual(['EADDRINUSE']), { timeout: 10_000 });
    other.close();
    await vi.waitFor(async () => expect(await post(address.port)).toContain('<Pause'));
    expect(refused).toEqual(['EADDRINUSE']);
  });

  it('does not take a body over 16 kB, or more headers than 8 kB', async () => {
    const { address, made } = await standIn();
    made.open(address);
    expect(await post(address.port, 'x'.repeat(20_000))).toBe('');
    const headers = `X: ${'x'.repeat(9000)}\r\n`;
    const answer = await rawExchange(address.port, `POST /voice HTTP/1.1\r\n${headers}\r\n`, true);
    expect(answer).not.toContain('200 OK');
    expect(await post(address.port)).toContain('200 OK');
  });

  it('holds who asks again, and sends them on when a server listens, the port having changed hands meanwhile', async () => {
    const { address, made } = await standIn();
    made.open(address);
    const held = post(address.port, 'CallSid=CA1', '/voice?waits=1');
    await vi.waitFor(() => expect(made.heldCount).toBe(1));
    expect(await post(address.port)).toContain('<Pause');
    made.close();
    expect(await isRefused(address.port)).toBe(true);
    expect(made.heldCount).toBe(1);
    made.endWaits('served');
    expect(await held).toMatch(/<Response><Redirect method="POST">\/voice<\/Redirect>/);
  });

  it('tells who was held for 8 s to ask again', async () => {
    const clock = new FakeClock();
    const { address, made } = await standIn({}, clock);
    made.open(address);
    const held = post(address.port, 'CallSid=CA1', '/voice?waits=4');
    await vi.waitFor(() => expect(made.heldCount).toBe(1));
    clock.advanceMs(7999);
    expect(made.heldCount).toBe(1);
    clock.advanceMs(1);
    expect(await held).toMatch(/<Pause length="2"\/>.*waits=5</);
  });

  it('forgets who is held and hangs up', async () => {
    const { address, made } = await standIn();
    made.open(address);
    const socket = connect(address.port, '127.0.0.1');
    socket.write('POST /voice?waits=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    await vi.waitFor(() => expect(made.heldCount).toBe(1));
    socket.destroy();
    await vi.waitFor(() => expect(made.heldCount).toBe(0));
    expect(made.answered).toBe(0);
  });

  it('speaks TLS with the files of the server', async () => {
    const tls = { certFile: fixture('one.crt'), keyFile: fixture('one.key') };
    const { address, made } = await standIn({ tls });
    made.open(address);
    const statusCode = await new Promise((resolve, reject) => {
      request(
        { host: '127.0.0.1', port: address.port, path: '/voice', method: 'POST', rejectUnauthorized: false },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(statusCode).toBe(200);
  });

  it('says so when the files are not there', async () => {
    const tls = { certFile: '/no/such.pem', keyFile: '/no/such.pem' };
    const { address, made, refused } = await standIn({ tls });
    made.open(address);
    expect(refused).toEqual(['ENOENT']);
  });
});
