/** FAULTS section A, over real sockets. The other half of each test: a fresh caller gets TwiML afterwards. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  ACCOUNT,
  formOf,
  newCallSid,
  type PostOptions,
  PUBLIC_URL,
  rawExchange,
  readAnswer,
  type ServerRig,
  sign,
  startRig,
} from '../support/server-rig.ts';

let rig: ServerRig;

beforeAll(async () => {
  rig = await startRig();
});

afterEach(async () => {
  const { answer } = await rig.call();
  expect(answer.status).toBe(200);
  expect(answer.body).toContain('<Connect');
});

afterAll(() => rig.close());

/** A refusal says why in a line, and nothing of TwiML, stack or path. */
function expectRefusal(answer: { status: number; body: string; head: string }, ...statuses: number[]) {
  expect(statuses).toContain(answer.status);
  expect(answer.head).toMatch(/content-type: text\/plain/i);
  expect(answer.body).not.toMatch(/<Response|\bat .*:\d+|node_modules|\.ts/);
  expect(answer.body.length).toBeLessThan(200);
}

const voice = (options: PostOptions) => rig.post('/voice', options);

describe('POST /voice: signature', () => {
  it('answers a signed webhook with one stream and nothing after it', async () => {
    const { answer, streamPath, continuePath } = await rig.call();
    expect(answer.head).toMatch(/content-type: text\/xml/i);
    expect(streamPath).toMatch(/^\/ws\/twilio\/[\w-]{104}$/);
    expect(continuePath).toMatch(/^\/voice\/continue\/[\w-]{104}$/);
    expect(answer.body).toMatch(
      /#rc=5&amp;rp=all" method="POST"><Stream[^>]*>(<Parameter[^>]*\/>)*<\/Stream><\/Connect><\/Response>$/,
    );
  });

  it.each<[string, PostOptions]>([
    ['h01 unsigned', { signed: null }],
    ['h02 forged', { headers: { 'X-Twilio-Signature': 'A'.repeat(27).concat('=') } }],
    ['h03 signed with another token', { signed: { token: 'another token of the same length!' } }],
    ['h04 signature of another path', { signed: { url: `${PUBLIC_URL}/other` } }],
    ['h05 signature over http', { signed: { url: 'http://bot.example.org/voice' } }],
    ['h06 parameter changed', { signed: { form: formOf(newCallSid(), { From: '+1999' }) } }],
    ['h07 parameter added', { signed: { form: formOf(newCallSid()).slice(1) } }],
  ])('%s: 403, and no slot', async (_fault, options) => {
    const before = rig.server.admission.inUse();
    expectRefusal(await voice({ form: formOf(newCallSid()), ...options }), 403);
    expect(rig.server.admission.inUse()).toBe(before);
  });

  it('h08 takes new, signed parameters', async () => {
    const form = formOf(newCallSid(), { SomethingNew: 'from Twilio' });
    expect((await voice({ form })).status).toBe(200);
  });

  it('h09 takes a signature over the explicit port', async () => {
    const form = formOf(newCallSid());
    expect((await voice({ form, signed: { url: 'https://bot.example.org:443/voice' } })).status).toBe(200);
  });

  it('h10 answers a replay alike, with one slot and one stream', async () => {
    const first = await rig.call();
    const inUse = rig.server.admission.inUse();
    const again = await rig.call(first.callSid);
    expect(again.answer.status).toBe(200);
    expect(rig.server.admission.inUse()).toBe(inUse);
    const carrier = await rig.upgrade(again.streamPath);
    expect(carrier.status).toBe(101);
    expect((await rig.upgrade(first.streamPath)).status).toBe(403);
    carrier.socket.terminate();
    await carrier.closed;
  });

  it('signs the query as Twilio does, and otherwise ignores it', async () => {
    const form = formOf(newCallSid());
    const answer = await rig.post('/voice?CallSid=x&line=2', { form });
    expect(answer.status).toBe(200);
    expectRefusal(
      await rig.post('/voice?line=3', { form, signed: { url: `${PUBLIC_URL}/voice?line=2` } }),
      403,
    );
  });
});

describe('POST /voice: form', () => {
  it.each<[string, number[], PostOptions]>([
    ['h13 JSON', [415], { body: '{}', headers: { 'Content-Type': 'application/json' } }],
    ['h15 no type', [415], { headers: { 'Content-Type': '' } }],
    [
      'h16 multipart',
      [415],
      { body: '--x--', headers: { 'Content-Type': 'multipart/form-data; boundary=x' } },
    ],
    ['h17 broken percent-encoding', [400], { body: 'CallSid=%zz' }],
    ['h17 NUL', [400], { body: 'CallSid=CA%00' }],
    ['h18 thousands of parameters', [400], { body: 'a&'.repeat(8000) }],
    ['h19 __proto__', [400], { body: '__proto__=1&constructor=2' }],
  ])('%s: refused with a reason', async (_fault, statuses, options) => {
    expectRefusal(await voice(options), ...statuses);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  it('h14 JSON signed by its hash is not taken', async () => {
    const headers = { 'Content-Type': 'application/json' };
    expectRefusal(await rig.post('/voice?bodySHA256=00', { body: '{}', headers }), 415);
    expectRefusal(await rig.post('/voice?bodySHA256=00', { form: formOf(newCallSid()) }), 403);
  });

  it.each([
    ['h28 no CallSid', 400, [['AccountSid', ACCOUNT]]],
    ['h29 malformed CallSid', 400, formOf('../../etc/passwd')],
    ['h30 foreign account', 403, formOf(newCallSid(), { AccountSid: `AC${'2'.repeat(32)}` })],
    ['no account', 403, formOf(newCallSid()).slice(1)],
  ] as [string, number, [string, string][]][])('%s: %i', async (_fault, status, form) => {
    expectRefusal(await voice({ form }), status);
  });

  it('h33 a doubled CallSid: 400', async () => {
    const [one, two] = [newCallSid(), newCallSid()].sort();
    const body = `AccountSid=${ACCOUNT}&CallSid=${one}&CallSid=${two}`;
    const signature = sign(`${PUBLIC_URL}/voice`, [
      ['AccountSid', ACCOUNT],
      ['CallSid', `${one}CallSid${two}`],
    ]);
    expectRefusal(await voice({ body, headers: { 'X-Twilio-Signature': signature } }), 400);
  });

  it('h27 reflects nothing of the caller, markup or not', async () => {
    const markup = { From: '"/><Dial>+1</Dial>', CallerCity: '<Say>hello</Say>' };
    const { answer } = await rig.call(newCallSid(), markup);
    expect(answer.status).toBe(200);
    expect(answer.body).not.toMatch(/Dial|Say|hello/);
  });
});

describe('POST /voice: where', () => {
  it.each(['GET', 'PUT', 'DELETE', 'TRACE', 'PATCH', 'FOO'])(
    'h20 %s: 405 and what is allowed',
    async (method) => {
      const answer = await voice({ method, signed: null });
      expect(answer.status).toBe(405);
      expect(answer.head).toMatch(/^allow: POST/im);
    },
  );

  it('h25-h26 names the configured host only, whatever Host and X-Forwarded-* say', async () => {
    const headers = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' };
    const answer = await voice({ form: formOf(newCallSid()), headers });
    expect(answer.body).toContain('url="wss://bot.example.org/ws/twilio/');
    expect(answer.body).toContain('action="https://bot.example.org/voice/continue/');
    expect(answer.body).not.toContain('evil');
  });

  it.each([
    '/',
    '/voice/',
    '/voice/../voice',
    '/%2e%2e/etc/passwd',
    '/voice%00',
    '/Voice',
    '//voice',
    '/.env',
  ])('h32 %s: 404', async (path) => expectRefusal(await rig.post(path, { form: formOf(newCallSid()) }), 404));

  it.each(['/voice/continue/', '/voice/continue/x', `/voice/continue/${'A'.repeat(104)}`])(
    '%s: 404 before the body is looked at',
    async (path) => expectRefusal(await rig.post(path, { body: '%zz' }), 404),
  );

  it('h31 keeps no slot of webhooks that never stream beyond their lease', async () => {
    const full = await startRig({ settings: { maxCalls: 3 } });
    for (let call = 0; call < 3; call++) expect((await full.call()).answer.body).toContain('<Connect');
    const { answer } = await full.call();
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/<Say[^>]*>All our lines are busy.*<Hangup\/>/);
    expect(full.server.census()).toMatchObject({ calls: 0, waiting: 3 });
    await full.close();
  });

  it('h35 answers pipelined requests one after the other, or closes', async () => {
    const request = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
    const text = await rawExchange(rig.port, request + request.replace('/healthz', '/nothing'));
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
    const form = new URLSearchParams(formOf(newCallSid())).toString();
    const post = `POST /voice HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\nX-Twilio-Signature: ${sign(`${PUBLIC_URL}/voice`, new URLSearchParams(form))}\r\n\r\n${form}`;
    expect(readAnswer(await rawExchange(rig.port, post + post)).status).toBe(200);
  });
});

describe('a server without TWILIO_AUTH_TOKEN', () => {
  let open: ServerRig;

  beforeAll(async () => {
    open = await startRig({ settings: { authToken: null, publicUrl: null, accountSid: null } });
  });
  afterAll(() => open.close());

  const local = (headers: Record<string, string>) =>
    open.post('/voice', { form: formOf(newCallSid()), signed: null, headers });

  it('serves local requests, and names the local address that they came by', async () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const answer = await local({ Host: `${host}:${open.port}` });
      expect(answer.body).toContain(`url="ws://${host}:${open.port}/ws/twilio/`);
      expect(answer.body).toContain(`action="http://${host}:${open.port}/voice/continue/`);
    }
  });

  it.each<Record<string, string>>([
    { Host: 'bot.example.org' },
    { Host: 'localhost', 'X-Forwarded-For': '127.0.0.1' },
    { Host: 'localhost', Forwarded: 'for=127.0.0.1' },
    { Host: 'localhost', 'CF-Connecting-IP': '1.2.3.4' },
    { Host: 'localhost', Via: '1.1 proxy' },
    { Host: 'localhost', X_Forwarded_For: '127.0.0.1' },
  ])('refuses %j', async (headers) => {
    const answer = await local(headers);
    expectRefusal(answer, 403);
    expect(answer.body).toContain('only local requests are served');
  });

  it.each<Record<string, string>>([
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
  ])('refuses a page that a browser on this machine shows: %j', async (headers) => {
    const before = open.server.admission.inUse();
    expectRefusal(await local({ Host: `localhost:${open.port}`, ...headers }), 403);
    expect(open.server.admission.inUse()).toBe(before);
  });

  it('refuses a stream that is not local', async () => {
    const { body } = await local({ Host: `localhost:${open.port}` });
    const path = /ws:\/\/[^/]+(\/[^"]*)/.exec(body)![1]!;
    const foreign = await open.upgrade(path, { signed: null, headers: { Host: 'bot.example.org' } });
    expect(foreign.status).toBe(403);
    const own = await open.upgrade(path, { signed: null, headers: { Host: `localhost:${open.port}` } });
    expect(own.status).toBe(101);
    own.socket.terminate();
  });
});

describe('readiness', () => {
  it('lets callers wait while nothing is warm, five times, then says so', async () => {
    let isVoiceReady = false;
    const cold = await startRig({ parts: { isVoiceReady: () => isVoiceReady } });
    let path = '/voice';
    for (let wait = 1; wait <= 5; wait++) {
      const { body } = await cold.post(path, { form: formOf(newCallSid()) });
      path = `/voice?waits=${wait}`;
      expect(body).toContain(`<Pause length="2"/><Redirect method="POST">${PUBLIC_URL}${path}</Redirect>`);
    }
    expect((await cold.post(path, { form: formOf(newCallSid()) })).body).toMatch(
      /<Say.*call again later.*<Hangup/,
    );
    const unready = await cold.post('/readyz', { method: 'GET' });
    expect(unready.status).toBe(503);
    expect(JSON.parse(unready.body)).toMatchObject({ ready: false, reasons: ['the voice is not ready'] });
    isVoiceReady = true;
    expect((await cold.post(path, { form: formOf(newCallSid()) })).body).toContain('<Connect');
    const ready = await cold.post('/readyz', { method: 'GET' });
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body)).toEqual({
      ready: true,
      reasons: [],
      workers: { ready: 1, wanted: 1 },
      voice: { ready: true },
      capacity: { limit: 100, configured: 100, inUse: 1, lowered: false },
      store: { engine: 'memory', isAlive: true, isDurable: true, deferredCommits: 0, lostWrites: 0 },
      speech: { down: {}, requests: [] },
      log: { lostLines: 0 },
      draining: false,
    });
    expect(JSON.parse((await cold.post('/healthz', { method: 'GET' })).body)).toEqual({ status: 'ok' });
    await cold.close();
  });

  it('refuses new calls in words while it drains', async () => {
    const leaving = await startRig();
    const { carrier } = await leaving.liveCall();
    await carrier.hears('accepted');
    const drained = leaving.server.drain.begin();
    const { answer } = await leaving.call();
    expect(answer.body).toMatch(/<Say[^>]*>We cannot take your call.*<Hangup\/>/);
    expect((await leaving.post('/readyz', { method: 'GET' })).status).toBe(503);
    carrier.socket.close();
    await drained;
    await leaving.close();
  });
});

it('takes the public prefix, and its absence, where a proxy may cut it', async () => {
  const prefixed = await startRig({ settings: { publicUrl: `${PUBLIC_URL}/phone` } });
  const form = formOf(newCallSid());
  for (const path of ['/phone/voice', '/voice']) {
    const answer = await prefixed.post(path, { form, signed: { url: `${PUBLIC_URL}/phone/voice` } });
    expect(answer.body).toContain('url="wss://bot.example.org/phone/ws/twilio/');
  }
  await prefixed.close();
});

it('logs a flood of refusals once', async () => {
  const noisy = await startRig();
  for (let count = 0; count < 50; count++) await noisy.post('/voice', { signed: null });
  expect(noisy.lines().filter((line) => line.event === 'request.refused')).toHaveLength(1);
  await noisy.close();
});

describe('POST /voice/fallback', () => {
  const failed = (callSid = newCallSid()) =>
    formOf(callSid, { ErrorCode: '11200', ErrorUrl: `${PUBLIC_URL}/voice` });

  it('h36 answers with an apology and hangs up, and says in the log what went wrong', async () => {
    const callSid = newCallSid();
    const inUse = rig.server.admission.inUse();
    const answer = await rig.post('/voice/fallback', { form: failed(callSid) });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(
      /<Response><Say language="en-US">We are sorry[^<]*<\/Say><Hangup\/><\/Response>$/,
    );
    expect(rig.server.admission.inUse()).toBe(inUse);
    expect(rig.lines()).toContainEqual(
      expect.objectContaining({ event: 'call.fallback', callSid, code: '11200' }),
    );
  });

  it('h36 answers with the store and every worker dead', async () => {
    const dead = () => Promise.reject(new Error('gone'));
    const store = {
      engine: 'none',
      begin: dead,
      commit: dead,
      finish: dead,
      load: dead,
      list: dead,
      turnsOf: dead,
      putFlow: dead,
      loadFlow: dead,
      liveCalls: dead,
      nodes: dead,
      close: dead,
    };
    const broken = await startRig({
      cold: true,
      parts: {
        store,
        isVoiceReady: () => false,
        workerUrl: new URL('data:text/javascript,'),
        onFatal: () => {},
      },
    });
    await vi.waitFor(() => expect(broken.server.workers.lostCount).toBeGreaterThanOrEqual(3));
    const answer = await broken.post('/voice/fallback', { form: failed() });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('<Hangup/>');
    await broken.close();
  });

  it('h36 is for the carrier alone', async () => {
    expectRefusal(await rig.post('/voice/fallback', { form: failed(), signed: null }), 403);
  });
});

describe('POST /voice/status', () => {
  it('h37 thanks for a status callback, twice, out of order, and of a call that nobody knows', async () => {
    const callSid = newCallSid();
    for (const status of ['completed', 'ringing', 'completed']) {
      const answer = await rig.post('/voice/status', { form: formOf(callSid, { CallStatus: status }) });
      expect(answer.status).toBe(200);
    }
    expect(rig.server.census()).toMatchObject({ calls: 0, streams: 0 });
    expectRefusal(await rig.post('/voice/status', { form: formOf(callSid), signed: null }), 403);
  });
});
