/**
 * Stands in for the server under the pages: its HTTP and WebSocket interface and nothing behind it. The pages themselves
 * come from the real `Pages`, with the real headers. On 127.0.0.1.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import type { Answer, BytesAnswer, Exchange } from '../../src/server/exchange.ts';
import type { RouteAnswer } from '../../src/server/guarded-app.ts';
import { Pages } from '../../src/server/pages.ts';
import { MockVoiceStream } from './mock-voice-stream.ts';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly retryAfterSeconds?: number;
}

const VOICE_PATH = '/ws/voice/';

export class MockTrunkline {
  /** What the page did against the interface; a test expects none. */
  readonly violations: string[] = [];
  /** Every stream that was opened, the newest last. */
  readonly streams: MockVoiceStream[] = [];
  /** Answers `POST /api/sessions` while it is set. */
  refusal: Refusal | null = null;
  /** Asked for by the board's API when set. */
  adminToken: string | null = null;
  /** Sent twice a second. */
  snapshot: () => object = () => ({});
  callView: (callSid: string) => object | null = () => null;
  flow: (name: string | null) => object = () => ({});
  readonly hungUp: string[] = [];
  /** Sessions that were asked for; the call token of each, or null for a new call. */
  readonly asked: (string | null)[] = [];
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #routes = new Map<string, RouteAnswer>();
  readonly #streamTokens = new Map<string, string>();
  readonly #callTokens = new Map<string, string>();
  readonly #feeds = new Set<ServerResponse>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, socket, head) => {
      const token = request.url?.startsWith(VOICE_PATH) === true ? request.url.slice(VOICE_PATH.length) : '';
      const callSid = this.#streamTokens.get(token);
      // Single use.
      this.#streamTokens.delete(token);
      if (callSid === undefined || request.headers.origin !== this.originOf(request)) {
        this.violations.push(`an upgrade of ${request.url} from ${request.headers.origin}`);
        socket.destroy();
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) =>
        this.streams.push(new MockVoiceStream(ws, callSid, this.violations)),
      );
    });
    Pages.read(fileURLToPath(new URL('../../web/dist', import.meta.url))).register(
      { route: (_method, path, answer) => void this.#routes.set(path, answer) },
      '',
    );
  }

  static async start(): Promise<MockTrunkline> {
    const mock = new MockTrunkline();
    await new Promise<void>((resolve) => mock.#server.listen(0, '127.0.0.1', resolve));
    return mock;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get stream(): MockVoiceStream {
    return this.streams.at(-1)!;
  }

  originOf(request: IncomingMessage): string {
    return `http://${request.headers.host}`;
  }

  /** Ends every board's stream of events. */
  cutFeeds(): void {
    for (const feed of this.#feeds) feed.destroy();
  }

  async close(): Promise<void> {
    this.cutFeeds();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path === '/api/sessions' && request.method === 'POST') await this.#session(request, response);
    else if (path.startsWith('/api/')) this.#board(path, request, response);
    else this.#page(path, request, response);
  }

  async #session(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = text === '' ? {} : (JSON.parse(text) as { callToken?: string });
    if (request.headers.origin !== this.originOf(request))
      this.violations.push(`origin ${request.headers.origin}`);
    this.asked.push(body.callToken ?? null);
    if (this.refusal !== null) return sendProblem(response, this.refusal);
    const resumed = body.callToken === undefined ? undefined : this.#callTokens.get(body.callToken);
    if (body.callToken !== undefined && resumed === undefined) {
      return sendProblem(response, { status: 400, code: 'bad-token' });
    }
    const callSid = resumed ?? `CA${randomBytes(16).toString('hex')}`;
    const [streamToken, callToken] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
    this.#streamTokens.set(streamToken, callSid);
    this.#callTokens.set(callToken, callSid);
    sendJson(response, 201, 'application/json', {
      callSid,
      streamUrl: VOICE_PATH + streamToken,
      callToken,
      expiresInSeconds: 60,
      play: { codec: 'pcm16', sampleRateHz: 16_000 },
    });
  }

  #board(path: string, request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(path, this.url);
    const [, callSid = '', action] = /^\/api\/calls\/([^/]+)(\/hang-up)?$/.exec(url.pathname) ?? [];
    const view = this.callView(callSid);
    if (this.adminToken !== null && request.headers.authorization !== `Bearer ${this.adminToken}`) {
      sendProblem(response, { status: 401, code: 'no-token' });
    } else if (url.pathname === '/api/board') {
      this.#feed(response);
    } else if (url.pathname === '/api/flow') {
      sendJson(response, 200, 'application/json', this.flow(url.searchParams.get('name')));
    } else if (view === null) {
      sendProblem(response, { status: 404, code: 'no-such-call' });
    } else if (action === undefined) {
      sendJson(response, 200, 'application/json', view);
    } else {
      if (request.method !== 'POST') this.violations.push(`${request.method} ${path}`);
      this.hungUp.push(callSid);
      sendJson(response, 202, 'application/json', {});
    }
  }

  #feed(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const send = (): void =>
      void response.write(`event: board\ndata: ${JSON.stringify(this.snapshot())}\n\n`);
    const timer = setInterval(send, 500);
    this.#feeds.add(response);
    response.on('close', () => {
      clearInterval(timer);
      this.#feeds.delete(response);
    });
    send();
  }

  #page(path: string, request: IncomingMessage, response: ServerResponse): void {
    const [, asset] = /^\/assets\/([^/]+)$/.exec(path) ?? [];
    const route = this.#routes.get(asset === undefined ? path : '/assets/:name');
    if (route === undefined) return void response.writeHead(404).end();
    const exchange = {
      parameter: asset ?? '',
      header: (name: string) => String(request.headers[name] ?? ''),
      answer: ({ status, contentType, body, headers }: Answer | BytesAnswer) =>
        response
          .writeHead(Number.parseInt(status, 10), {
            'Content-Type': contentType,
            'X-Content-Type-Options': 'nosniff',
            ...headers,
          })
          .end(body),
    };
    void route(exchange as unknown as Exchange);
  }
}

function sendProblem(
  response: ServerResponse,
  { status, code, detail = '', retryAfterSeconds }: Refusal,
): void {
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(retryAfterSeconds));
  const problem = { type: 'about:blank', title: code, status, detail, code };
  sendJson(response, status, 'application/problem+json', problem);
}

function sendJson(response: ServerResponse, status: number, contentType: string, body: object): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}
