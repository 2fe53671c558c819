import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createHttpFetch } from '../../../../src/speech/elevenlabs/http-fetch.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

it('gives a connection 2.5 s, the handshake of TLS included', async () => {
  const clock = new FakeClock();
  const port = await listen(createServer((socket) => socket.on('error', () => {})));
  const fetched = createHttpFetch(clock)(`https://127.0.0.1:${port}/`);
  fetched.catch(() => {});
  await vi.waitFor(() => expect(clock.pendingTimers()).toBe(1));
  clock.advanceMs(2499);
  expect(clock.pendingTimers()).toBe(1);
  clock.advanceMs(1);
  await expect(fetched).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});

it('has no such limit once it is connected', async () => {
  const clock = new FakeClock();
  const port = await listen(createHttpServer((_request, response) => response.end('late')));
  const response = await createHttpFetch(clock)(`http://127.0.0.1:${port}/`);
  clock.advanceMs(60_000);
  expect(await response.text()).toBe('late');
  expect(clock.pendingTimers()).toBe(0);
});

it('reads an endless error page in part, and ends its connection', async () => {
  let isClosed = false;
  const port = await listen(
    createHttpServer((_request, response) => {
      response.writeHead(500).on('close', () => {
        isClosed = true;
      });
      const pump = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', pump);
      pump();
    }),
  );
  const response = await createHttpFetch(new FakeClock())(`http://127.0.0.1:${port}/`);
  const text = await response.text();
  expect(text.length).toBeGreaterThanOrEqual(64 * 1024);
  expect(text.length).toBeLessThan(256 * 1024);
  await vi.waitFor(() => expect(isClosed).toBe(true));
});
