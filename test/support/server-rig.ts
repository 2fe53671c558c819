/**
 * A server on a free port of 127.0.0.1 with a store in memory, a test's call worker and streams without audio; and a carrier
 * that signs as Twilio documents it, with an HMAC of its own, so that it cannot share a mistake of ours.
 */
import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/clock.ts';
import type { ServerParts } from '../../src/server/server-parts.ts';
import type { ServerSettings } from '../../src/server/server-settings.ts';
import { createServer, type TrunklineServer } from '../../src/server/trunkline-server.ts';
import { VendorHealthBoard } from '../../src/server/vendor-health.ts';
import { ON_TIME } from './loop-delay.ts';
import { MemoryStore } from './memory-store.ts';
import { CUES } from './server-call-worker.ts';
import { keptLog } from './silent-log.ts';
import { TestSocketStream } from './socket-stream.ts';
import { speechSettings } from './speech-settings.ts';

export const TOKEN = 'an auth token of thirty-two chars';
export const ACCOUNT = `AC${'1'.repeat(32)}`;
export const PUBLIC_URL = 'https://bot.example.org';

let nextCall = 0;

/** A CallSid that no other test has. */
export function newCallSid(): string {
  return `CA${(++nextCall).toString(16).padStart(32, '0')}`;
}

export function sign(url: string, form: Iterable<readonly [string, string]> = [], token = TOKEN): string {
  const sorted = [...form].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = url + sorted.map(([name, value]) => name + value).join('');
  return createHmac('sha1', token).update(text).digest('base64');
}

export function formOf(callSid: string, more: Record<string, string> = {}): [string, string][] {
  const fields = { AccountSid: ACCOUNT, CallSid: callSid, From: '+15550001111', To: CUES.talk, ...more };
  return Object.entries(fields);
}

export interface HttpAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export interface PostOptions {
  readonly form?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  /** Signs this URL and form in place of the true ones; null sends no signature. */
  readonly signed?: { url?: string; form?: readonly (readonly [string, string])[]; token?: string } | null;
}

/** Sends bytes as they are; resolves with what came back until the first whole answer or the close. */
export function rawExchange(port: number, text: string | Buffer, untilClose = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!untilClose && isWhole(received)) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
    socket.write(text);
  });
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = Number(/^content-length: (\d+)/im.exec(answer.slice(0, end))?.[1] ?? 0);
  return answer.length >= end + 4 + length;
}

export function readAnswer(text: string): HttpAnswer {
  const end = text.indexOf('\r\n\r\n');
  return { status: Number(text.slice(9, 12)), head: text.slice(0, end), body: text.slice(end + 4) };
}

export class ServerRig {
  readonly server: TrunklineServer;
  readonly store: MemoryStore;
  readonly streams: TestSocketStream[];
  readonly lines: () => readonly { readonly event?: unknown }[];
  readonly clients: Socket[] = [];

  constructor(parts: Pick<ServerRig, 'server' | 'store' | 'streams' | 'lines'>) {
    this.server = parts.server;
    this.store = parts.store;
    this.streams = parts.streams;
    this.lines = parts.lines;
  }

  get port(): number {
    return this.server.port;
  }

  async post(path: string, options: PostOptions = {}): Promise<HttpAnswer> {
    const form = options.form ?? [];
    const body = options.body ?? new URLSearchParams(form as Iterable<[string, string]>).toString();
    const headers: Record<string, string> = {
      Host: 'bot.example.org',
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(Buffer.byteLength(body)),
      ...options.headers,
    };
    if (options.signed !== null) {
      const { url = PUBLIC_URL + path, form: signedForm = form, token } = options.signed ?? {};
      headers['X-Twilio-Signature'] ??= sign(url, signedForm, token);
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = `${options.method ?? 'POST'} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
    return readAnswer(await rawExchange(this.port, request));
  }

  /** A signed `POST /voice`, and the paths that its TwiML names. */
  async call(callSid = newCallSid(), more: Record<string, string> = {}) {
    const answer = await this.post('/voice', { form: formOf(callSid, more) });
    return { callSid, answer, ...pathsOf(answer.body) };
  }

  /** Opens a stream; resolves when it is open or refused. */
  upgrade(path: string, options: { headers?: Record<string, string>; signed?: string | null } = {}) {
    const headers: Record<string, string> = { ...options.headers };
    if (options.signed !== null) {
      headers['X-Twilio-Signature'] = sign(options.signed ?? PUBLIC_URL.replace('https', 'wss') + path);
    }
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, {
      headers: { Host: 'bot.example.org', ...headers },
      perMessageDeflate: true,
    });
    return openOrRefused(socket);
  }

  /** A call whose stream is open and has started. */
  async liveCall(more: Record<string, string> = {}) {
    const call = await this.call(newCallSid(), more);
    const carrier = await this.upgrade(call.streamPath);
    carrier.start(call.callSid);
    return { ...call, carrier };
  }

  async close(): Promise<void> {
    await this.server.close();
  }
}

export function pathsOf(twiml: string): { streamPath: string; continuePath: string } {
  return {
    streamPath: /<Stream url="wss?:\/\/[^/"]+(\/[^"]*)"/.exec(twiml)?.[1] ?? '',
    continuePath: /action="https?:\/\/[^/"]+(\/[^"#]*)/.exec(twiml)?.[1] ?? '',
  };
}

/** The carrier's end of a stream. */
export class CarrierEnd {
  readonly socket: WebSocket;
  /** 101, or the status of the refusal. */
  readonly status: number;
  readonly heard: string[] = [];
  readonly closed: Promise<number>;
  #waiting: (() => void)[] = [];

  constructor(socket: WebSocket, status: number) {
    this.socket = socket;
    this.status = status;
    this.closed = new Promise((resolve) => socket.once('close', (code: number) => resolve(code)));
    socket.on('message', (message: Buffer) => {
      this.heard.push(message.toString());
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  start(callSid: string, accountSid = ACCOUNT): void {
    this.socket.send(JSON.stringify({ event: 'start', start: { callSid, accountSid } }));
  }

  async hears(event: string): Promise<string> {
    for (;;) {
      const found = this.heard.find((text) => text.includes(`"event":"${event}"`));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

function openOrRefused(socket: WebSocket): Promise<CarrierEnd> {
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.once('open', () => resolve(new CarrierEnd(socket, 101)));
    socket.once('unexpected-response', (_request, response) => {
      response.resume();
      resolve(new CarrierEnd(socket, response.statusCode ?? 0));
    });
  });
}

export interface RigOptions {
  readonly settings?: Partial<ServerSettings>;
  readonly parts?: Partial<ServerParts>;
  /** Resolve before a call worker is ready. */
  readonly cold?: boolean;
}

export async function startRig(options: RigOptions = {}): Promise<ServerRig> {
  const store = new MemoryStore();
  const streams: TestSocketStream[] = [];
  const { log, lines } = keptLog();
  const port = () => {
    const channel = new MessageChannel();
    channel.port1.unref();
    return channel.port2;
  };
  const server = await createServer({
    settings: {
      publicUrl: PUBLIC_URL,
      streamUrl: null,
      authToken: TOKEN,
      accountSid: ACCOUNT,
      apiBaseUrl: null,
      sessionKey: Buffer.alloc(32, 7),
      host: '127.0.0.1',
      port: 0,
      tls: null,
      maxCalls: 100,
      busyMessage: 'All our lines are busy.',
      busyRedirectUrl: null,
      callMaxSeconds: 120,
      drainSeconds: 60,
      warmWaitMs: 0,
      workers: 1,
      hasReserve: false,
      workerStallMs: 1000,
      workerHeapLimitBytes: 2 ** 29,
      ...options.settings,
    },
    clock: systemClock,
    log,
    store,
    nodeId: 'node',
    storeHealth: () => ({
      engine: 'memory',
      isAlive: true,
      isDurable: true,
      deferredCommits: 0,
      lostWrites: 0,
    }),
    vendors: new VendorHealthBoard(log),
    isVoiceReady: () => true,
    loopDelay: ON_TIME,
    openStream: (socket, hooks) => {
      const stream = new TestSocketStream(socket, hooks);
      streams.push(stream);
      return stream;
    },
    apologyKey: 'apology',
    fillerKey: 'filler',
    playFormat: 'mulaw-8000',
    workerUrl: new URL('./server-call-worker.ts', import.meta.url),
    openStorePort: port,
    openVoicePort: port,
    flows: null,
    flowHashOf: () => 'hash',
    readyPromptKeys: () => [],
    workerSettings: { logLevel: 'silent', logPii: false, speech: speechSettings() },
    onFatal: (error) => {
      throw error;
    },
    ...options.parts,
  });
  const rig = new ServerRig({ server, store, streams, lines });
  while (options.cold !== true && server.workers.readyCount === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return rig;
}
