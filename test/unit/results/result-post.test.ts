import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RESULT_BYTES_MAX, resultBody } from '../../../src/results/result-body.ts';
import { postResult } from '../../../src/results/result-post.ts';
import type { KeptCall } from '../../../src/store/call-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SECRET = 'a secret of sixteen letters';

/** A receiver over real HTTP, and one try to reach it. */
async function receiverUnderTest(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: { headers: IncomingMessage['headers']; body: string; url: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      requests.push({ headers: request.headers, body, url: request.url ?? '' });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const clock = new FakeClock();
  const { port } = server.address() as { port: number };
  const post = (body = '{"a":1}', user = '') =>
    postResult(
      { callSid: 'CA1', body },
      { url: `http://${user}127.0.0.1:${port}/hook?key=1`, secret: SECRET, clock },
    );
  return { requests, clock, post };
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(code, headers).end('anything');

describe('a try to deliver a result', () => {
  it('gives the user and password of its URL as a header', async () => {
    const { requests, post } = await receiverUnderTest(status(204));
    expect(await post('{}', 'clerk:s%3Acret%20@')).toEqual({ kind: 'delivered' });
    const basic = Buffer.from('clerk:s:cret ').toString('base64');
    expect(requests[0]).toMatchObject({ url: '/hook?key=1', headers: { authorization: `Basic ${basic}` } });
  });

  it('is signed over time and body, and names the call as its key', async () => {
    const { requests, clock, post } = await receiverUnderTest(status(204));
    expect(await post()).toEqual({ kind: 'delivered' });
    const [request] = requests;
    const seconds = Math.floor(clock.wallMs() / 1000);
    const mac = createHmac('sha256', SECRET).update(`${seconds}.{"a":1}`).digest('hex');
    expect(request?.url).toBe('/hook?key=1');
    expect(request?.body).toBe('{"a":1}');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': 'CA1',
      'trunkline-signature': `t=${seconds},v1=${mac}`,
    });
    expect(clock.pendingTimers()).toBe(0);
  });

  it.each([301, 400, 404, 500])('takes status %d for a refusal', async (code) => {
    const { post } = await receiverUnderTest(status(code, { Location: 'http://127.0.0.1:1/' }));
    expect(await post()).toEqual({ kind: 'refused', failure: `status ${code}`, retryAfterMs: null });
  });

  it('hears when it is to come again', async () => {
    const { post } = await receiverUnderTest(status(429, { 'Retry-After': '7' }));
    expect(await post()).toMatchObject({ kind: 'refused', retryAfterMs: 7000 });
  });

  it('gives up a receiver that does not answer after 10 s', async () => {
    const { clock, post, requests } = await receiverUnderTest(() => {});
    const outcome = post();
    while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    clock.advanceMs(10_000);
    expect(await outcome).toEqual({ kind: 'unreachable', failure: 'no answer within 10000 ms' });
  });

  it('says what keeps it from a receiver without the address, which may hold a key', async () => {
    const parts = { url: 'http://127.0.0.1:9/hook?key=hunter2', secret: SECRET, clock: new FakeClock() };
    const outcome = await postResult({ callSid: 'CA1', body: '{}' }, parts);
    expect(outcome).toMatchObject({ kind: 'unreachable' });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
  });
});

describe('the result of a call', () => {
  const call: KeptCall = {
    callSid: 'CA1',
    attempt: 1,
    from: '+12025550100',
    to: '+12025550199',
    flowHash: 'f',
    startedAtWallMs: 1000,
    endedAtWallMs: 31_000,
    endReason: 'completed',
    outcome: 'eligible',
    answers: { age: 70 },
    transfer: null,
    transferStatus: null,
    state: { secret: 'not for receivers' },
    direction: 'inbound',
    nodeId: 'node',
    resumes: 1,
    updatedAtWallMs: 31_000,
  };

  it('tells what was decided, and nothing of how we work', () => {
    expect(JSON.parse(resultBody(call))).toEqual({
      event: 'call.finished',
      callSid: 'CA1',
      direction: 'inbound',
      from: '+12025550100',
      to: '+12025550199',
      outcome: 'eligible',
      answers: { age: 70 },
      endReason: 'completed',
      startedAt: '1970-01-01T00:00:01.000Z',
      endedAt: '1970-01-01T00:00:31.000Z',
      durationMs: 30_000,
      resumes: 1,
      flowHash: 'f',
    });
  });

  it('is never larger than 64 KiB', () => {
    const body = resultBody({ ...call, answers: { words: 'x'.repeat(RESULT_BYTES_MAX) } });
    expect(Buffer.byteLength(body)).toBeLessThan(RESULT_BYTES_MAX);
    expect(JSON.parse(body)).toMatchObject({ answers: {}, answersLeftOut: true, outcome: 'eligible' });
  });
});
