/** What no page may send on `/ws/voice`: the one stream is closed with a reason, and everybody else's call goes on. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { BrowserCaller, openSession, type Session } from '../support/browser-caller.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const START = JSON.stringify({ event: 'start', sampleRateHz: 16_000 });
const FRAME = Buffer.alloc(640);

let rig: TrunklineRig;
let port: number;

beforeAll(async () => {
  rig = await TrunklineRig.start({ BROWSER_CALLS: 'local' });
  port = rig.trunkline.port;
}, 60_000);

afterEach(() => rig.freshCallerIsServed());

afterAll(async () => {
  await rig.nothingIsLeft();
  await rig.close();
});

interface Outcome {
  /** Of the upgrade. */
  readonly status: number;
  readonly code: number;
  readonly reason: string;
  readonly ended: string | null;
}

/** Opens the stream at `path`, sends `messages`, and waits for what becomes of it. */
function outcomeOf(
  path: string,
  messages: readonly (string | Buffer)[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const origin = `http://127.0.0.1:${port}`;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { Origin: origin, ...headers } });
  let status = 101;
  let ended: string | null = null;
  socket.on('error', () => {});
  socket.on('unexpected-response', (_request, response) => {
    status = response.statusCode ?? 0;
    socket.terminate();
  });
  socket.on('open', () => {
    for (const message of messages) socket.send(message);
  });
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) return;
    const message = JSON.parse(data.toString()) as { event: string; reason?: string };
    if (message.event === 'ended') ended = message.reason ?? null;
  });
  return new Promise((resolve) => {
    socket.on('close', (code, reason) => resolve({ status, code, reason: reason.toString(), ended }));
  });
}

describe('a stream that may not begin', () => {
  let session: Session;

  beforeAll(async () => {
    session = await openSession(port);
  });

  it.each([
    ['no token at all', () => '/ws/voice/nonsense'],
    [
      'a token that is not ours',
      () => `${session.streamUrl.slice(0, -1)}${session.streamUrl.endsWith('A') ? 'B' : 'A'}`,
    ],
    ['a token of the other kind', () => `/ws/voice/${session.callToken}`],
  ])('%s', async (_title, path) => {
    expect(await outcomeOf(path(), [START])).toMatchObject({
      status: 101,
      code: 1008,
      reason: 'Expected a token of this server, received another',
    });
  });

  it('a page of another origin', async () => {
    const { status } = await outcomeOf(session.streamUrl, [START], { Origin: 'https://evil.example' });
    expect(status).toBe(403);
  });

  it('a request that came through a proxy, where calls are local', async () => {
    const { status } = await outcomeOf(session.streamUrl, [START], { 'X-Forwarded-For': '127.0.0.1' });
    expect(status).toBe(403);
  });

  it('a token that was used', async () => {
    const first = outcomeOf(session.streamUrl, [START, JSON.stringify({ event: 'stop' })]);
    expect(await first).toMatchObject({ code: 1000, ended: 'caller hung up' });
    expect(await outcomeOf(session.streamUrl, [START])).toMatchObject({
      code: 1008,
      reason: 'Expected a token that was not used before',
    });
  });
});

describe('a first message that is no start', () => {
  it.each([
    ['another rate', '{"event":"start","sampleRateHz":47999}', /^Expected one of 8000, .* for sampleRateHz/],
    ['a rate in words', '{"event":"start","sampleRateHz":"48000"}', /a whole number for sampleRateHz/],
    ['audio', FRAME, /received audio/],
    ['no JSON', 'hello', /Expected JSON/],
    ['a list', '[]', /Expected an object/],
    ['a digit', '{"event":"digit","digit":"1"}', /Expected a start/],
    ['a text without end', `{"event":"start","pad":"${'x'.repeat(2000)}"}`, /Expected a start/],
  ])('%s', async (_title, message, reason) => {
    const { streamUrl } = await openSession(port);
    const { code, reason: told } = await outcomeOf(streamUrl, [message]);
    expect(code).toBe(1008);
    expect(told).toMatch(reason);
  });
});

describe('after the start', () => {
  const flood = Array<Buffer>(6000).fill(Buffer.alloc(2));
  it.each([
    ['odd bytes', [Buffer.alloc(641)], /whole samples/],
    ['no bytes', [Buffer.alloc(0)], /received nothing/],
    ['more than 100 ms in one', [Buffer.alloc(3202)], /at most 100 ms/],
    ['60 KB in one', [Buffer.alloc(60_000)], /at most 100 ms/],
    ['text where audio belongs', [FRAME.toString('base64', 0, 60)], /Expected JSON/],
    ['long text where audio belongs', [FRAME.toString('base64')], /at most 512/],
    ["a carrier's media", ['{"event":"media","media":{"payload":"AAAA"}}'], /start, digit, mark or stop/],
    ['a second start', [START], /Expected one start/],
    ['a digit that there is not', ['{"event":"digit","digit":"A"}'], /0-9/],
    ['a mark without end', [`{"event":"mark","name":"${'g'.repeat(65)}"}`], /64 characters/],
    ['a text without end', [`{"event":"stop","pad":"${'x'.repeat(600)}"}`], /at most 512/],
    ['a flood of messages', flood, /a flood/],
  ] as const)('%s', async (_title, messages, reason) => {
    const { streamUrl } = await openSession(port);
    const outcome = await outcomeOf(streamUrl, [START, FRAME, ...messages]);
    expect(outcome).toMatchObject({ code: 1008, ended: 'protocol violation' });
    expect(outcome.reason).toMatch(reason);
  });

  it('1 MB in one: the socket is dropped, and the record says why', async () => {
    const caller = await BrowserCaller.call(port);
    await caller.hearsUs();
    caller.socket.send(Buffer.alloc(1024 * 1024));
    expect((await caller.closed).code).toBe(1006);
    expect(await rig.finalRecord(caller.session.callSid)).toMatchObject({ endReason: 'protocol violation' });
  });

  it('marks that nobody awaits are ignored', async () => {
    const { streamUrl } = await openSession(port);
    const marks = ['g0.1', 'g9.9', 'mine'].map((name) => JSON.stringify({ event: 'mark', name }));
    const stop = JSON.stringify({ event: 'stop' });
    expect(await outcomeOf(streamUrl, [START, ...marks, stop])).toMatchObject({ ended: 'caller hung up' });
  });
});

it('a page that never says how it sounds is closed after 10 s', async () => {
  const { streamUrl } = await openSession(port);
  const openedAtMs = performance.now();
  expect(await outcomeOf(streamUrl, [])).toMatchObject({ code: 1008, reason: expect.stringMatching(/10 s/) });
  expect(performance.now() - openedAtMs).toBeLessThan(15_000);
});

it('disturbs nobody: a call that is on meanwhile reaches its outcome', async () => {
  const caller = await BrowserCaller.call(port, { answers: { first: ['1'], second: ['1'] } });
  const { streamUrl } = await openSession(port);
  await outcomeOf(streamUrl, [START, ...Array<Buffer>(6000).fill(Buffer.alloc(2))]);
  await caller.closed;
  expect(caller.ended).toMatchObject({ outcome: 'both' });
});
