/** FAULTS section B, as far as it is decided before or around a stream: the upgrade, the tokens, the start. */
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { mintToken } from '../../src/protocol/tokens.ts';
import {
  ACCOUNT,
  formOf,
  newCallSid,
  PUBLIC_URL,
  rawExchange,
  readAnswer,
  type ServerRig,
  sign,
  startRig,
  TOKEN,
} from '../support/server-rig.ts';

let rig: ServerRig;

beforeAll(async () => {
  rig = await startRig();
});

afterEach(async () => {
  const { carrier } = await rig.liveCall();
  await carrier.hears('play');
  carrier.socket.close();
  await carrier.closed;
});

afterAll(() => rig.close());

const KEY = Buffer.alloc(32, 7);

function streamToken(callSid: string, attempt: number, expiresInMs = 60_000, key: Uint8Array = KEY): string {
  return mintToken('stream', { callSid, attempt, expiresAtMs: Date.now() + expiresInMs }, key);
}

function upgradeText(path: string, headers: Record<string, string> = {}): string {
  const all = {
    Host: 'bot.example.org',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    'X-Twilio-Signature': sign(`wss://bot.example.org${path}`),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

describe('the upgrade', () => {
  it('takes the signature over the wss and over the https form of the URL, with and without port', async () => {
    const host = 'bot.example.org';
    for (const origin of [`wss://${host}`, `https://${host}`, `wss://${host}:443`, `https://${host}:443`]) {
      const { streamPath } = await rig.call();
      const carrier = await rig.upgrade(streamPath, { signed: origin + streamPath });
      expect(carrier.status).toBe(101);
      carrier.socket.terminate();
    }
  });

  it('w01 refuses an unknown token', async () => {
    const callSid = newCallSid();
    const paths = [
      '/ws/twilio/x',
      `/ws/twilio/${'A'.repeat(104)}`,
      `/ws/twilio/${streamToken(callSid, 0, 60_000, Buffer.alloc(32, 8))}`,
      `/ws/twilio/${mintToken('call', { callSid, attempt: 0, expiresAtMs: Date.now() + 60_000 }, KEY)}`,
    ];
    for (const path of paths) expect((await rig.upgrade(path)).status).toBe(404);
  });

  it('refuses a token that expired, beyond what a stepped clock explains', async () => {
    const path = `/ws/twilio/${streamToken(newCallSid(), 0, -2 * 3_600_000)}`;
    expect((await rig.upgrade(path)).status).toBe(403);
  });

  it.each<[string, (path: string) => string | null]>([
    ['w02 unsigned', () => null],
    ['w03 forged', (path) => `wss://evil.example${path}`],
    ['w04 signed for another call', () => `wss://bot.example.org/ws/twilio/${streamToken(newCallSid(), 0)}`],
    ['w05 over http', (path) => `http://bot.example.org${path}`],
  ])('%s: 403, and the token is not used up', async (_fault, signed) => {
    const { streamPath } = await rig.call();
    expect((await rig.upgrade(streamPath, { signed: signed(streamPath) })).status).toBe(403);
    const carrier = await rig.upgrade(streamPath);
    expect(carrier.status).toBe(101);
    carrier.socket.terminate();
  });

  it('w06-w07 refuses a used token and leaves the first stream unharmed', async () => {
    const { carrier, streamPath } = await rig.liveCall();
    await carrier.hears('play');
    expect((await rig.upgrade(streamPath)).status).toBe(403);
    expect(carrier.socket.readyState).toBe(carrier.socket.OPEN);
    carrier.socket.close();
    await carrier.closed;
    expect((await rig.upgrade(streamPath)).status).toBe(403);
  });

  it('w07 lets a newer stream of the same call win; the older one is closed', async () => {
    const { callSid, carrier } = await rig.liveCall();
    await carrier.hears('play');
    const newer = await rig.upgrade(`/ws/twilio/${streamToken(callSid, 1)}`);
    newer.start(callSid);
    expect(await carrier.closed).toBe(1000);
    await newer.hears('play');
    expect(rig.store.finished).toContain(`${callSid}#0 superseded`);
    expect(rig.server.directory.isLive(callSid)).toBe(true);
    newer.socket.close();
    await newer.closed;
  });

  it('refuses a token of its own after a minute, and a call without a slot when every slot is taken', async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
    const settings = { maxCalls: 2, workerStallMs: 1e9 };
    const full = await startRig({ settings, parts: { clock } });
    const [late, later] = [await full.call(), await full.call()];
    aheadMs += 11_000;
    await full.liveCall();
    const there = await full.upgrade(late.streamPath);
    expect(there.status).toBe(101);
    expect((await full.upgrade(later.streamPath)).status).toBe(503);
    const { body } = await full.post(later.continuePath, { form: formOf(later.callSid) });
    expect(body).toContain('All our lines are busy');
    expect(full.server.admission.inUse()).toBe(2);
    // Its token was not used up.
    there.socket.terminate();
    while (full.server.directory.isLive(late.callSid)) await new Promise((resolve) => setImmediate(resolve));
    expect((await full.upgrade(later.streamPath)).status).toBe(101);
    await full.close();

    const calm = await startRig({ settings: { workerStallMs: 1e9 }, parts: { clock } });
    const { streamPath } = await calm.call();
    aheadMs += 60_000;
    expect((await calm.upgrade(streamPath)).status).toBe(403);
    await calm.close();
  });

  it('w51 refuses 300 bad upgrades cheaply', async () => {
    const before = rig.server.admission.inUse();
    const startedAtMs = performance.now();
    const statuses = await Promise.all(
      Array.from(
        { length: 300 },
        async () =>
          readAnswer(await rawExchange(rig.port, upgradeText(`/ws/twilio/${'B'.repeat(104)}`))).status,
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([404]));
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
    expect(rig.server.admission.inUse()).toBeLessThanOrEqual(before);
  });

  it('w52 refuses a wrong path', async () => {
    for (const path of ['/ws', '/ws/other/x', '/voice', '/']) {
      expect([404, 405]).toContain((await rig.upgrade(path)).status);
    }
  });

  it('w53 tells a plain GET that an upgrade is expected', async () => {
    const { streamPath } = await rig.call();
    const answer = await rig.post(streamPath, { method: 'GET' });
    expect(answer.status).toBe(426);
    expect((await rig.upgrade(streamPath)).status).toBe(101);
  });

  it('w54 refuses a browser', async () => {
    const { streamPath } = await rig.call();
    for (const Origin of ['https://evil.example', 'null', PUBLIC_URL]) {
      expect((await rig.upgrade(streamPath, { headers: { Origin } })).status).toBe(403);
    }
  });

  it('agrees to no extension and no subprotocol', async () => {
    const { streamPath } = await rig.call();
    const offers = { 'Sec-WebSocket-Extensions': 'permessage-deflate', 'Sec-WebSocket-Protocol': 'audio' };
    const answer = readAnswer(await rawExchange(rig.port, upgradeText(streamPath, offers)));
    expect(answer.status).toBe(101);
    expect(answer.head).not.toMatch(/sec-websocket-(extensions|protocol)/i);
  });

  it('w32 drops a socket that sends a message over 64 KiB', async () => {
    const { carrier } = await rig.liveCall();
    await carrier.hears('play');
    carrier.socket.send(`{"event":"${'x'.repeat(70_000)}"}`);
    expect(await carrier.closed).toBe(1006);
  });

  it('w55 frees the call at once and the socket within 5 s when its close is never answered', async () => {
    const { callSid, streamPath } = await rig.call();
    const socket = connect({ port: rig.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    socket.write(upgradeText(streamPath));
    await new Promise((resolve) => socket.once('data', resolve));
    const gone = new Promise<number>((resolve) => {
      const sinceMs = performance.now();
      socket.once('close', () => resolve(performance.now() - sinceMs));
    });
    rig.streams.at(-1)!.end('time limit');
    expect(rig.server.directory.isLive(callSid)).toBe(false);
    // Masked pings: once our side is gone they are answered with a reset.
    const knocking = setInterval(() => socket.write(Buffer.from('898000000000', 'hex')), 100);
    expect(await gone).toBeLessThan(5500);
    clearInterval(knocking);
  });
});

describe('the start', () => {
  it.each([
    ['w11 callSid', () => [newCallSid(), ACCOUNT]],
    ['w12 accountSid', (callSid: string) => [callSid, `AC${'9'.repeat(32)}`]],
    ['w13 token of another call', () => [newCallSid(), ACCOUNT]],
  ] as [string, (callSid: string) => [string, string]][])(
    '%s does not match: 1008, no audio, no record',
    async (_fault, named) => {
      const { callSid, streamPath } = await rig.call();
      const carrier = await rig.upgrade(streamPath);
      carrier.start(...named(callSid));
      expect(await carrier.closed).toBe(1008);
      expect(carrier.heard).toEqual([]);
      expect(rig.store.records.has(callSid)).toBe(false);
    },
  );

  it('holds the account against the webhook where none is configured', async () => {
    const any = await startRig({ settings: { accountSid: null } });
    const { callSid, streamPath } = await any.call();
    const carrier = await any.upgrade(streamPath);
    carrier.start(callSid, `AC${'9'.repeat(32)}`);
    expect(await carrier.closed).toBe(1008);
    await any.close();
  });

  it('is fenced by the store when another node has used the attempt', async () => {
    const { callSid, streamPath } = await rig.call();
    await rig.store.begin({ callSid, attempt: 0, from: '', to: '', flowHash: '' });
    const carrier = await rig.upgrade(streamPath);
    carrier.start(callSid);
    expect(await carrier.closed).toBe(1008);
    expect(carrier.heard).toEqual([]);
  });
});

it('keeps tokens and the auth token out of the log', () => {
  const text = JSON.stringify(rig.lines());
  expect(text).not.toContain(TOKEN);
  expect(text).not.toMatch(/[\w-]{104}/);
});
