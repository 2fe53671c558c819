/** What a connection may send, in bytes and in time: raw sockets, since no client library would misbehave like this. */
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rawExchange, readAnswer, type ServerRig, startRig } from '../support/server-rig.ts';

let rig: ServerRig;

beforeAll(async () => {
  rig = await startRig();
});

afterEach(async () => {
  expect((await rig.call()).answer.body).toContain('<Connect');
});

afterAll(() => rig.close());

const HEAD =
  'POST /voice HTTP/1.1\r\nHost: bot.example.org\r\nContent-Type: application/x-www-form-urlencoded\r\n';
const SIGNED = `${HEAD}X-Twilio-Signature: ${'A'.repeat(27)}=\r\n`;

/** Sends `first`, then `more` every half second. Resolves with seconds until the close, and what came. */
function trickle(first: string, more: string): Promise<{ seconds: number; received: string }> {
  const startedAtMs = performance.now();
  return new Promise((resolve) => {
    const socket = connect(rig.port, '127.0.0.1');
    let received = '';
    const timer = setInterval(() => socket.write(more), 500);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      resolve({ seconds: (performance.now() - startedAtMs) / 1000, received });
    });
    socket.write(first);
  });
}

/**
 * Sends up to `bytes` of body, giving the server (which shares our thread) a turn after each 16 KiB: else it is the kernel's
 * buffers that are measured. Resolves with how much went out before the close, and what came.
 */
function pour(head: string, bytes: number): Promise<{ sentBytes: number; received: string }> {
  return new Promise((resolve) => {
    const socket = connect(rig.port, '127.0.0.1');
    const chunk = Buffer.alloc(16 * 1024, 'a');
    let sentBytes = 0;
    let received = '';
    const send = () => {
      if (sentBytes >= bytes || socket.destroyed) return;
      sentBytes += chunk.length;
      socket.write(chunk, () => setImmediate(send));
    };
    socket.on('data', (data) => {
      received += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve({ sentBytes, received }));
    socket.write(head, send);
  });
}

describe('bytes', () => {
  it('refuses a declared length over 16 KiB from the headers alone', async () => {
    const text = await rawExchange(rig.port, `${SIGNED}Content-Length: 16385\r\n\r\n`, true);
    expect(readAnswer(text).status).toBe(413);
  });

  it('h12 is rid of a 50 MB body before 2 MB of it were sent', async () => {
    const { sentBytes } = await pour(`${SIGNED}Content-Length: 52428800\r\n\r\n`, 52_428_800);
    expect(sentBytes).toBeLessThan(2 * 2 ** 20);
  });

  it('closes on an undeclared body over 16 KiB', async () => {
    const chunk = `1000\r\n${'a'.repeat(4096)}\r\n`;
    const text = await rawExchange(
      rig.port,
      `${SIGNED}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(5)}`,
      true,
    );
    expect(text).toBe('');
  });

  it('takes a body of exactly 16 KiB as far as its content', async () => {
    const body = `a=${'b'.repeat(16_382)}`;
    const text = await rawExchange(rig.port, `${SIGNED}Content-Length: 16384\r\n\r\n${body}`);
    expect(readAnswer(text).status).toBe(403);
  });

  it('h11 answers headers over the limit with 431', async () => {
    const text = await rawExchange(
      rig.port,
      `${HEAD}X-Twilio-Signature: ${'a'.repeat(60_000)}\r\n\r\n`,
      true,
    );
    expect(readAnswer(text).status).toBe(431);
  });
});

describe('malformed requests', () => {
  it.each([
    [
      'h23 Content-Length with Transfer-Encoding',
      `${SIGNED}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a negative Content-Length', `${SIGNED}Content-Length: -1\r\n\r\n`],
    ['a Content-Length beyond any number', `${SIGNED}Content-Length: 99999999999999999999\r\n\r\n`],
    ['two Content-Lengths', `${SIGNED}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ['h24 TLS on the plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['h24 garbage', 'lorem ipsum dolor\r\n\r\n'],
    ['HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n'],
  ])('%s: an error and the connection closed', async (_fault, text) => {
    const received = await rawExchange(rig.port, Buffer.from(text, 'latin1'), true);
    expect(received).toMatch(/^HTTP\/1.1 (400|505) /);
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });
});

describe('time', () => {
  it('h21-h22 closes within 15 s whatever sends its headers or its body too slowly, and serves others at once', async () => {
    const slow = [
      trickle('', ''),
      trickle('POST /voice HTTP/1.1\r\nHost: a\r\n', 'X-More: 1\r\n'),
      trickle('POST /voice HTTP/1.1\r\nHost: a\r\nX-Long: ', 'a'),
      trickle(`${SIGNED}Content-Length: 16000\r\n\r\n`, 'a'),
      trickle(`${SIGNED}Content-Length: 16000\r\n\r\n`, ''),
      trickle(`${SIGNED}Transfer-Encoding: chunked\r\n\r\n`, '1\r\na\r\n'),
      trickle('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nX: ', 'a'),
    ];
    const askedAtMs = performance.now();
    expect((await rig.call()).answer.status).toBe(200);
    expect(performance.now() - askedAtMs).toBeLessThan(1000);
    for (const { seconds, received } of await Promise.all(slow)) {
      expect(seconds).toBeLessThan(15);
      expect(received).not.toContain('<Response');
    }
  });
});

it('is untouched by 100 peers that leave in the middle of a body', async () => {
  for (let count = 0; count < 100; count++) {
    await new Promise<void>((resolve) => {
      const socket = connect(rig.port, '127.0.0.1', () => {
        socket.write(`${SIGNED}Content-Length: 100\r\n\r\nabc`, () => {
          socket.resetAndDestroy();
          resolve();
        });
      });
      socket.on('error', () => {});
    });
  }
  expect(rig.server.faults.entries()).toEqual([]);
});
