import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type CarrierOptions, SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';

const AUTH_TOKEN = 'a-secret-of-tests';
const PUBLIC_URL = 'https://bot.example.org';
const STREAM = '<Stream url="wss://bot.example.org/ws/1"><Parameter name="line" value="2"/></Stream>';
const twiml = (verbs: string) => `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`;

interface Posted {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly form: URLSearchParams;
}

type Route = string | ((request: IncomingMessage, response: ServerResponse) => void);

/** A server written for this test: answers paths with TwiML and lets `onStream` play the bot. */
async function botServer(
  routes: Readonly<Record<string, Route>>,
  onStream: (socket: WebSocket, streamSid: string, request: IncomingMessage) => void = () => {},
) {
  const posted: Posted[] = [];
  const upgrades: IncomingMessage[] = [];
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const path = request.url ?? '';
    posted.push({ path, headers: request.headers, form: new URLSearchParams(body) });
    const route = routes[path];
    if (typeof route === 'function') return route(request, response);
    response.statusCode = route === undefined ? 404 : 200;
    response.setHeader('content-type', 'text/xml');
    response.end(route ?? '');
    return undefined;
  });
  const webSockets = new WebSocketServer({ server: http });
  webSockets.on('connection', (socket, request) => {
    upgrades.push(request);
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString());
      if (message.event === 'start') onStream(socket, message.streamSid, request);
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const carrier = (options: Partial<CarrierOptions> = {}) => {
    const made = new SimulatedCarrier({
      authToken: AUTH_TOKEN,
      publicUrl: PUBLIC_URL,
      connectTo: { host: '127.0.0.1', port },
      ...options,
    });
    closing.push(() => made.close());
    return made;
  };
  closing.push(async () => {
    for (const client of webSockets.clients) client.terminate();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { carrier, posted, upgrades, port };
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const say = (socket: WebSocket, streamSid: string, audio: Uint8Array) =>
  socket.send(
    JSON.stringify({ event: 'media', streamSid, media: { payload: Buffer.from(audio).toString('base64') } }),
  );
const mark = (socket: WebSocket, streamSid: string, name: string) =>
  socket.send(JSON.stringify({ event: 'mark', streamSid, mark: { name } }));

/** Plays 200 ms and closes when they have been heard. */
function speakAndClose(socket: WebSocket, streamSid: string): void {
  say(socket, streamSid, Buffer.alloc(1600, 0x20));
  mark(socket, streamSid, 'end');
  socket.on('message', (data) => {
    if (JSON.parse(data.toString()).event === 'mark') socket.close(1000);
  });
}

describe('a simulated call over real sockets', () => {
  it('signs webhook and upgrade so that the official package accepts them, and names the public host', async () => {
    const { carrier, posted, upgrades } = await botServer(
      { '/voice': twiml(`<Connect>${STREAM}</Connect>`) },
      speakAndClose,
    );
    await carrier().placeCall({ from: '+14155550100', parameters: { New: 'ä &' } }).ended;
    const { headers, form } = posted[0]!;
    expect(headers.host).toBe('bot.example.org');
    expect(headers['x-twilio-signature']).toBe(
      getExpectedTwilioSignature(AUTH_TOKEN, `${PUBLIC_URL}/voice`, Object.fromEntries(form)),
    );
    expect(Object.fromEntries(form)).toMatchObject({
      From: '+14155550100',
      CallStatus: 'ringing',
      New: 'ä &',
    });
    expect(upgrades[0]!.headers).toMatchObject({
      host: 'bot.example.org',
      'user-agent': 'Twilio.TmeWs/1.0',
      'sec-websocket-version': '13',
      'x-twilio-signature': getExpectedTwilioSignature(AUTH_TOKEN, 'wss://bot.example.org/ws/1', {}),
    });
    expect(upgrades[0]!.headers['sec-websocket-extensions']).toBeUndefined();
    expect(upgrades[0]!.headers.origin).toBeUndefined();
  });

  it('hears the bot, then fetches the action and runs nothing after it', async () => {
    const { carrier, posted } = await botServer(
      {
        '/voice': twiml(
          `<Connect action="/voice/continue#rc=5&amp;rp=all">${STREAM}</Connect><Say>never</Say>`,
        ),
        '/voice/continue': twiml('<Hangup/>'),
      },
      speakAndClose,
    );
    const network = carrier();
    const report = await network.placeCall({ record: true }).ended;
    expect(report).toMatchObject({
      status: 'completed',
      endedBy: 'server',
      endReason: 'hangup',
      errors: [],
      warnings: [],
    });
    expect(report.verbs.map((verb) => verb.name)).toEqual(['Connect', 'Hangup']);
    expect(posted[1]).toMatchObject({ path: '/voice/continue' });
    expect(posted[1]!.form.get('CallStatus')).toBe('in-progress');
    expect(report.audioMs).toBe(200);
    expect(report.gapsMs).toEqual([]);
    expect(report.heard!.filter((code) => code === 0x20)).toHaveLength(1600);
    expect(report.streams[0]).toMatchObject({
      end: { kind: 'closed', closeCode: 1000 },
      marks: [{ heard: true }],
    });
  });

  it('goes on with the next verb when there is no action, and ends when none is left', async () => {
    const { carrier } = await botServer(
      { '/voice': twiml(`<Connect>${STREAM}</Connect><Say>bye</Say>`) },
      speakAndClose,
    );
    const report = await carrier().placeCall().ended;
    expect(report.verbs.map((verb) => verb.name)).toEqual(['Connect', 'Say']);
    expect(report.endReason).toBe('no verb left');
  });

  it('comes back by the action when the stream breaks, and goes on with a second one', async () => {
    let streams = 0;
    const { carrier } = await botServer(
      {
        '/voice': twiml(`<Connect action="/again">${STREAM}</Connect>`),
        '/again': twiml(`<Connect action="/bye">${STREAM}</Connect>`),
        '/bye': twiml('<Hangup/>'),
      },
      (socket, streamSid) => {
        streams += 1;
        if (streams === 1) socket.terminate();
        else speakAndClose(socket, streamSid);
      },
    );
    const report = await carrier().placeCall().ended;
    expect(report.errors.map((error) => error.code)).toEqual([31903]);
    expect(report.streams).toHaveLength(2);
    expect(report.streams[0]!.streamSid).not.toBe(report.streams[1]!.streamSid);
    expect(report.endReason).toBe('hangup');
  });

  it.each(['reset', 'fin'] as const)('breaks its own stream by %s, and the call goes on', async (how) => {
    const ended: number[] = [];
    const { carrier } = await botServer(
      { '/voice': twiml(`<Connect action="/bye">${STREAM}</Connect>`), '/bye': twiml('<Hangup/>') },
      (socket) => socket.on('close', (code) => ended.push(code)),
    );
    const network = carrier();
    const report = await network.placeCall({ caller: { onStart: (caller) => caller.drop(how) } }).ended;
    expect(report).toMatchObject({ endReason: 'hangup', streams: [{ end: { kind: 'dropped' } }] });
    await network.close();
    expect(ended).toEqual([1006]);
  });

  it('hangs up in the middle and leaves nothing behind', async () => {
    const events: string[] = [];
    const { carrier } = await botServer(
      { '/voice': twiml(`<Connect action="/x">${STREAM}</Connect>`) },
      (socket) => {
        socket.on('message', (data) => events.push(JSON.parse(data.toString()).event));
      },
    );
    const network = carrier();
    const report = await network.placeCall({ caller: { onStart: (caller) => caller.hangUp() } }).ended;
    expect(report).toMatchObject({ endedBy: 'caller', streams: [{ end: { kind: 'stopped' } }] });
    expect(report.webhooks).toHaveLength(1);
    await network.close();
    expect(network.census()).toEqual({ calls: 0, sockets: 0, tickers: 0 });
    expect(events.at(-1)).toBe('stop');
  });

  it('stays silent and unread when told to, and still gets away', async () => {
    const { carrier } = await botServer({ '/voice': twiml(`<Connect>${STREAM}</Connect>`) });
    const network = carrier();
    const call = network.placeCall({ network: { reads: false }, timeLimitMs: 100 });
    expect(await call.ended).toMatchObject({ endReason: 'time limit' });
    await network.close();
    expect(network.census().sockets).toBe(0);
  });

  it('tells where a refused upgrade went wrong', async () => {
    const { carrier, port } = await botServer({ '/voice': twiml(`<Connect>${STREAM}</Connect>`) });
    const dead = { host: '127.0.0.1', port: 1 };
    const network = carrier({
      publicUrl: `http://127.0.0.1:${port}`,
      addresses: { 'bot.example.org': dead, [`127.0.0.1:${port}`]: { host: '127.0.0.1', port } },
    });
    const report = await network.placeCall().ended;
    expect(report.errors.map((error) => error.code)).toEqual([31902]);
  });

  it('takes ws only if told to', async () => {
    const routes = { '/voice': twiml('<Connect><Stream url="ws://bot.example.org/ws/1"/></Connect>') };
    const { carrier } = await botServer(routes, speakAndClose);
    expect((await carrier().placeCall().ended).errors.map((error) => error.code)).toEqual([31922]);
    expect((await carrier({ insecure: true }).placeCall().ended).audioMs).toBe(200);
  });

  it('reports the stream to its statusCallback', async () => {
    const stream = STREAM.replace(
      '<Stream',
      '<Stream name="s" statusCallback="https://bot.example.org/status"',
    );
    const { carrier, posted } = await botServer(
      { '/voice': twiml(`<Connect>${stream}</Connect>`) },
      speakAndClose,
    );
    const network = carrier();
    await network.placeCall().ended;
    await network.close();
    const events = posted
      .filter((post) => post.path === '/status')
      .map((post) => post.form.get('StreamEvent'));
    expect(events.sort()).toEqual(['stream-started', 'stream-stopped']);
  });
});

describe('webhooks as Twilio makes them', () => {
  const failing = (times: number, then: Route): Route => {
    let left = times;
    return (request, response) => {
      left -= 1;
      response.setHeader('content-type', 'text/xml');
      if (left < 0 && typeof then === 'string') response.end(then);
      else response.writeHead(500).end();
      void request;
    };
  };

  it('retries as the fragment asks, with one idempotency token', async () => {
    const { carrier, posted } = await botServer({ '/voice': failing(3, twiml('<Hangup/>')) });
    const report = await carrier({ voiceUrl: '/voice#rc=5&rp=all' }).placeCall().ended;
    expect(report).toMatchObject({ endReason: 'hangup', webhooks: [{ attempts: 4, statusCode: 200 }] });
    expect(new Set(posted.map((post) => post.headers['i-twilio-idempotency-token'])).size).toBe(1);
  });

  it('does not retry a 500 unless asked, and goes to the fallback with the error', async () => {
    const { carrier, posted } = await botServer({
      '/voice': failing(9, ''),
      '/fallback': twiml('<Hangup/>'),
    });
    const report = await carrier({ fallbackUrl: `${PUBLIC_URL}/fallback` }).placeCall().ended;
    expect(posted.map((post) => post.path)).toEqual(['/voice', '/fallback']);
    expect(posted[1]!.form.get('ErrorCode')).toBe('11200');
    expect(posted[1]!.form.get('ErrorUrl')).toBe(`${PUBLIC_URL}/voice`);
    expect(report).toMatchObject({ endReason: 'hangup', errors: [{ code: 11200 }] });
  });

  it('fails the call when nothing usable comes', async () => {
    const { carrier } = await botServer({
      '/json': (_request, response) => response.setHeader('content-type', 'application/json').end('{}'),
      '/broken': '<Response><Say>a & b</Say></Response>',
      '/reset': (request) => request.socket.resetAndDestroy(),
      '/slow': () => {},
    });
    const codeOf = async (voiceUrl: string) =>
      (await carrier({ voiceUrl }).placeCall().ended).errors[0]?.code;
    expect(await codeOf('/json')).toBe(12300);
    expect(await codeOf('/broken')).toBe(12100);
    expect(await codeOf('/missing')).toBe(11200);
    expect(await codeOf('/reset')).toBe(11200);
    expect(await codeOf('/slow#rt=100')).toBe(11205);
    expect(await codeOf('not a url')).toBe(11100);
    const dead = carrier({ connectTo: { host: '127.0.0.1', port: 1 } });
    expect(await dead.placeCall().ended).toMatchObject({ status: 'failed', errors: [{ code: 11205 }] });
  });

  it('follows Redirect and HTTP redirects, and ends TwiML that never ends', async () => {
    const { carrier } = await botServer({
      '/voice': twiml('<Pause length="0"/><Redirect>/two?x=1</Redirect>'),
      '/two?x=1': (_request, response) => response.writeHead(307, { location: '/three' }).end(),
      '/three': twiml('<Redirect>three</Redirect>'),
    });
    const report = await carrier().placeCall().ended;
    expect(report).toMatchObject({ status: 'failed', errors: [{ code: 11215 }] });
  });

  it('counts a rejected call as busy', async () => {
    const { carrier } = await botServer({ '/voice': twiml('<Reject reason="busy"/>') });
    expect(await carrier().placeCall().ended).toMatchObject({ status: 'busy', endReason: 'rejected' });
  });
});

it('carries 50 calls at once on one timer, each to its end, with no gap of its own', async () => {
  const { carrier } = await botServer({ '/voice': twiml(`<Connect>${STREAM}</Connect>`) }, speakAndClose);
  const network = carrier();
  const reports = await Promise.all(Array.from({ length: 50 }, () => network.placeCall().ended));
  expect(reports.map((report) => report.audioMs)).toEqual(reports.map(() => 200));
  expect(reports.flatMap((report) => report.gapsMs)).toEqual([]);
  await network.close();
  expect(network.census()).toEqual({ calls: 0, sockets: 0, tickers: 0 });
});
