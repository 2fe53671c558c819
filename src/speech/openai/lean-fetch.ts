/**
 * How we talk HTTP to a vendor: node:http with kept connections, a connect timeout of its own, a bound on what it reads, and
 * an abort that works at every moment. `fetch` is for the official SDK; `post`, for what every answer asks, builds no
 * `Response`. It is no general fetch: it follows no redirect (a key must not travel to another host), decodes nothing, and
 * takes strings and bytes only. One instance a thread.
 *
 * Why not the built-in one: its connect timeout is 10 s and cannot be changed without another dependency, and it costs
 * 0.4 ms of CPU more a request (bench/recognizer.ts).
 */
import {
  type Agent,
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock, Timer } from '../../clock.ts';
import { bodyStream, readStart, readWhole } from './response-body.ts';
import { ConnectTimeout } from './transport-fault.ts';

export interface LeanFetchOptions {
  readonly clock: Clock;
  /**
   * `whole`: resolves with the last byte, so that a body that hangs is part of the request. `stream`: resolves with the
   * headers.
   */
  readonly body: 'whole' | 'stream';
  /** Of a right answer's body: a longer one fails with BodyTooLong. */
  readonly bodyMaxBytes: number;
  /** DNS, TCP and TLS together. */
  readonly connectTimeoutMs?: number;
}

/** FAULTS p37: what connects later than this does not help a caller who waits for an answer. */
export const CONNECT_TIMEOUT_MS = 2500;
/** Requests at once of one thread; the rest wait inside the agent, each with its own deadline. */
const SOCKETS_MAX = 256;
const FREE_SOCKETS_MAX = 32;
/** Below the 60 s after which common load balancers forget a connection without a word. */
const IDLE_MAX_MS = 50_000;

type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly signal: AbortSignal | null;
}

/** What came back; its body whole, or of a wrong status the first 16 KiB. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Makes the answer of a response; `settle` once nothing more can come. */
type Respond<T> = (incoming: IncomingMessage, settle: () => void) => Promise<T>;

export class LeanFetch {
  readonly #options: LeanFetchOptions;
  readonly #http: Agent;
  readonly #https: Agent;

  constructor(options: LeanFetchOptions) {
    this.#options = options;
    const agentOptions = {
      keepAlive: true,
      maxSockets: SOCKETS_MAX,
      maxFreeSockets: FREE_SOCKETS_MAX,
      // The connection used last is the one least likely to have been closed by the other end.
      scheduling: 'lifo' as const,
      timeout: IDLE_MAX_MS,
    };
    this.#http = new HttpAgent(agentOptions);
    this.#https = new HttpsAgent(agentOptions);
  }

  /** Rejects with the signal's reason once it is aborted, else with the transport's error. */
  readonly fetch: Fetch = async (url, init = {}) => {
    const target = new URL(url instanceof Request ? url.url : url);
    const sent = {
      method: init.method ?? 'GET',
      headers: recordOf(init.headers),
      body: bytesOf(init.body),
      signal: init.signal ?? null,
    };
    return this.#exchange(target, sent, this.#toResponse, true);
  };

  /** Reads the body whole, whatever `body` says; else as `fetch`. */
  post(
    target: URL,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<WholeAnswer> {
    return this.#exchange(target, { method: 'POST', headers, body, signal }, this.#toWholeAnswer, true);
  }

  /** Breaks every connection, those in use too. Idempotent. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #exchange<T>(target: URL, sent: Sent, respond: Respond<T>, mayResend: boolean): Promise<T> {
    const { signal } = sent;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const request = this.#open(target, sent);
      const onAbort = (): void => {
        request.destroy(signal?.reason instanceof Error ? signal.reason : undefined);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const settle = (): void => signal?.removeEventListener('abort', onAbort);
      const fail = (error: unknown): void => {
        settle();
        reject(error);
      };
      let isAnswered = false;
      request.on('response', (incoming) => {
        isAnswered = true;
        respond(incoming, settle).then(resolve, fail);
      });
      request.on('error', (error) => {
        // After the headers the body reports it.
        if (isAnswered) return;
        settle();
        if (mayResend && request.reusedSocket && isStale(error) && signal?.aborted !== true) {
          // The other end closed a kept connection while we wrote to it: nobody's fault. Once, on a new connection.
          this.#dropFree();
          resolve(this.#exchange(target, sent, respond, false));
        } else {
          reject(error);
        }
      });
      request.end(sent.body);
    });
  }

  #open(target: URL, { method, headers, body }: Sent): ClientRequest {
    const isTls = target.protocol === 'https:';
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options: RequestOptions = {
      method,
      headers: { ...headers, ...length },
      agent: isTls ? this.#https : this.#http,
    };
    const request = isTls ? httpsRequest(target, options) : httpRequest(target, options);
    this.#limitConnecting(request, isTls ? 'secureConnect' : 'connect');
    return request;
  }

  #limitConnecting(request: ClientRequest, connected: 'connect' | 'secureConnect'): void {
    const { clock, connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.#options;
    request.once('socket', (socket) => {
      if (request.reusedSocket) return;
      const timer: Timer = clock.setTimer(connectTimeoutMs, () => {
        request.destroy(new ConnectTimeout(connectTimeoutMs));
      });
      const stop = (): void => {
        clock.clearTimer(timer);
        socket.off(connected, stop);
        socket.off('close', stop);
      };
      socket.on(connected, stop);
      socket.on('close', stop);
    });
  }

  readonly #toWholeAnswer: Respond<WholeAnswer> = async (incoming, settle) => {
    const { statusCode: status = 0, headers } = incoming;
    const isRight = status < 300;
    const body = await (isRight ? readWhole(incoming, this.#options.bodyMaxBytes) : readStart(incoming));
    settle();
    return { status, headers, body };
  };

  readonly #toResponse: Respond<Response> = async (incoming, settle) => {
    const { body: how, bodyMaxBytes } = this.#options;
    const status = incoming.statusCode ?? 0;
    const answer: ResponseInit = { status, headers: pairsOf(incoming.rawHeaders) };
    if (status >= 300) {
      const start = await readStart(incoming);
      settle();
      return new Response(mayHaveBody(status) ? start : null, answer);
    }
    if (how === 'stream') return new Response(bodyStream(incoming, bodyMaxBytes, settle), answer);
    const whole = await readWhole(incoming, bodyMaxBytes);
    settle();
    return new Response(mayHaveBody(status) ? whole : null, answer);
  };

  #dropFree(): void {
    for (const agent of [this.#http, this.#https]) {
      for (const sockets of Object.values(agent.freeSockets))
        for (const socket of sockets ?? []) socket.destroy();
    }
  }
}

function recordOf(headers: RequestInit['headers']): Record<string, string> {
  return Object.fromEntries(headers instanceof Headers ? headers : new Headers(headers));
}

function bytesOf(body: RequestInit['body']): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  throw new TypeError('Expected a string or bytes for the body of a request');
}

/** Fetch's own rule: a `Response` with these throws if it is given a body. */
function mayHaveBody(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304;
}

function pairsOf(rawHeaders: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) pairs.push([rawHeaders[at]!, rawHeaders[at + 1]!]);
  return pairs;
}

function isStale(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}
