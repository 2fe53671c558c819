/** `POST /api/sessions`: who gets a call, and what the others are told. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { BrowserSettings } from '../../src/server/browser/browser-routes.ts';
import { askSession } from '../support/browser-caller.ts';
import { type RigOptions, type ServerRig, startRig } from '../support/server-rig.ts';

const BROWSER: BrowserSettings = {
  calls: 'local',
  trustedProxies: [],
  openStream: () => {
    throw new Error('no test of this file opens a stream');
  },
  apologyKey: 'apology',
  fillerKey: 'filler',
  playFormat: 'pcm16-16000',
};

let rig: ServerRig;

async function serve(browser: Partial<BrowserSettings> = {}, options: RigOptions = {}): Promise<number> {
  rig = await startRig({ ...options, parts: { browser: { ...BROWSER, ...browser }, ...options.parts } });
  return rig.port;
}

afterEach(() => rig.close());

it('a session names the call, its stream, what to come back with, and how it sounds', async () => {
  const { body, status } = await askSession(await serve());
  expect(status).toBe(201);
  expect(body).toEqual({
    callSid: expect.stringMatching(/^CA[0-9a-f]{32}$/),
    streamUrl: expect.stringMatching(/^\/ws\/voice\/[\w-]{104}$/),
    callToken: expect.stringMatching(/^[\w-]{104}$/),
    expiresInSeconds: 60,
    play: { codec: 'pcm16', sampleRateHz: 16_000 },
  });
  expect(rig.server.census()).toMatchObject({ waiting: 1 });
});

it("a telephone's tokens, which stand in its URLs, take no call of hers over", async () => {
  const port = await serve({ calls: 'on' });
  const { callSid, continuePath, streamPath } = await rig.call();
  const callToken = continuePath.slice(continuePath.lastIndexOf('/') + 1);
  expect(await askSession(port, JSON.stringify({ callToken }))).toMatchObject({
    status: 400,
    body: { code: 'bad-token' },
  });
  const socket = new WebSocket(
    `ws://127.0.0.1:${port}/ws/voice/${streamPath.slice(streamPath.lastIndexOf('/') + 1)}`,
    {
      origin: `http://127.0.0.1:${port}`,
    },
  );
  const [code] = (await once(socket, 'close')) as [number];
  expect(code).toBe(1008);
  expect(rig.server.directory.claimedAttempt(callSid)).toBe(-1);
});

it.each([['{}'], ['{"callToken":null}'], ['']])('%j asks for a new call, too', async (body) => {
  expect(await askSession(await serve(), body)).toMatchObject({ status: 201 });
});

describe('is refused', () => {
  it('where browser calls are off', async () => {
    expect(await askSession(await serve({ calls: 'off' }))).toMatchObject({
      status: 403,
      body: { code: 'browser-calls-off', status: 403 },
    });
  });

  it('from elsewhere, where calls are local', async () => {
    const port = await serve();
    expect(await askSession(port, null, { 'X-Forwarded-For': '1.2.3.4' })).toMatchObject({
      status: 403,
      body: { code: 'not-local' },
    });
  });

  it.each([
    ['a page of another origin', { Origin: 'https://evil.example' }],
    ['a sandboxed page', { Origin: 'null' }],
    ['another port of this machine', { Origin: 'http://127.0.0.1:1' }],
  ])('%s', async (_title, headers) => {
    for (const calls of ['local', 'on'] as const) {
      expect(await askSession(await serve({ calls }), null, headers)).toMatchObject({
        status: 403,
        body: { code: 'foreign-origin' },
      });
      if (calls === 'local') await rig.close();
    }
  });

  it('what names no origin and is not local', async () => {
    await serve({ calls: 'on' });
    const { body, status } = await rig.post('/api/sessions', { signed: null, body: '{}' });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ code: 'foreign-origin' });
  });

  it.each([['nonsense'], ['[]'], ['"token"'], ['{"callToken":7}']])('%s', async (body) => {
    expect(await askSession(await serve(), body)).toMatchObject({
      status: 400,
      body: { code: 'bad-request' },
    });
  });

  it.each([
    ['no token', 'nonsense'],
    ['a token of another server', 'A'.repeat(104)],
  ])('%s', async (_title, callToken) => {
    const answer = await askSession(await serve(), JSON.stringify({ callToken }));
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad-token' } });
  });

  it('a stream token in place of a call token', async () => {
    const port = await serve();
    const { body } = await askSession(port);
    const callToken = String(body['streamUrl']).slice('/ws/voice/'.length);
    expect(await askSession(port, JSON.stringify({ callToken }))).toMatchObject({
      body: { code: 'bad-token' },
    });
  });

  it('whoever comes when every slot is taken', async () => {
    const port = await serve({}, { settings: { maxCalls: 1 } });
    expect(await askSession(port)).toMatchObject({ status: 201 });
    expect(await askSession(port)).toMatchObject({ status: 503, body: { code: 'full' }, retryAfter: '10' });
  });

  it('a server that is not warm', async () => {
    const port = await serve({}, { parts: { isVoiceReady: () => false } });
    expect(await askSession(port)).toMatchObject({
      status: 503,
      body: { code: 'not-ready' },
      retryAfter: '2',
    });
  });

  it('a server that is about to stop', async () => {
    const port = await serve();
    await rig.liveCall();
    void rig.server.drain.begin();
    expect(await askSession(port)).toMatchObject({ status: 503, body: { code: 'draining' } });
  });

  it('an address that asks too often, and no other', async () => {
    const port = await serve({ calls: 'on', trustedProxies: ['127.0.0.1'] });
    const asFrom = (address: string) => askSession(port, null, { 'X-Forwarded-For': address });
    const answers = await Promise.all(Array.from({ length: 31 }, () => asFrom('1.2.3.4')));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(30);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused).toMatchObject({ body: { code: 'too-many' } });
    expect(Number(refused?.retryAfter)).toBeGreaterThanOrEqual(1);
    expect(await asFrom('1.2.3.5')).toMatchObject({ status: 201 });
  });
});

describe('a page behind a public address', () => {
  let port: number;

  beforeAll(async () => {
    port = await serve({ calls: 'on' }, { settings: { publicUrl: 'https://bot.example.org/phone' } });
  });

  afterAll(() => rig.close());

  it('is ours by that origin, and is given the path as it sees it', async () => {
    const body = '{}';
    const headers = {
      Host: '10.1.2.3:8080',
      Origin: 'https://bot.example.org',
      'Content-Type': 'application/json',
    };
    expect(port).toBeGreaterThan(0);
    const answer = await rig.post('/api/sessions', { signed: null, body, headers });
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.body)).toMatchObject({
      streamUrl: expect.stringMatching(/^\/phone\/ws\/voice\//),
    });
  });
});
