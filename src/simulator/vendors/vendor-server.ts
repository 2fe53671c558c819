/**
 * The HTTP half that every simulated vendor shares: listens on the loopback, reads requests whole, applies faults and
 * counts. What a request means and what is wrong with it is the vendor's own file.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../clock.ts';
import { InvalidStateError } from '../../errors.ts';
import { type FaultSource, noFault, type VendorFault, type VendorReply } from './vendor-fault.ts';

export interface VendorRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request that the vendor rejects is answered at once; an accepted one meets latency and fault. */
export type VendorAnswer =
  | { readonly accepted: true; readonly reply: VendorReply }
  | { readonly accepted: false; readonly reply: VendorReply };

export interface VendorServerOptions {
  readonly clock: Clock;
  /** Before an accepted request's answer. */
  readonly latencyMs?: number;
  readonly fault?: FaultSource;
  readonly answer: (request: VendorRequest) => VendorAnswer;
  /** Absent: upgrades are refused with 404. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** The largest that OpenAI takes; no vendor takes more. */
const REQUEST_MAX_BYTES = 26 * 1024 * 1024;

export class VendorServer {
  requestsAccepted = 0;
  requestsRejected = 0;
  /** Connections since the start, to tell kept ones from new ones. */
  socketsOpened = 0;
  readonly #options: VendorServerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<Timer>();
  readonly #server = createServer();
  #whenNoSockets: Array<() => void> = [];

  private constructor(options: VendorServerOptions) {
    this.#options = options;
    this.#server.on('connection', (socket) => this.#keep(socket));
    this.#server.on('request', (request, response) => this.#read(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      if (options.upgrade === undefined) socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
      else options.upgrade(request, socket, head);
    });
  }

  static listen(options: VendorServerOptions, port = 0): Promise<VendorServer> {
    const vendor = new VendorServer(options);
    return new Promise((resolve, reject) => {
      vendor.#server.once('error', reject);
      vendor.#server.listen(port, '127.0.0.1', () => resolve(vendor));
    });
  }

  /** Without a trailing slash. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Resolves once no client is connected. */
  noSockets(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenNoSockets.push(resolve);
    });
  }

  /** Breaks every connection. Idempotent. */
  close(): Promise<void> {
    for (const timer of this.#timers) this.#options.clock.clearTimer(timer);
    this.#timers.clear();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #keep(socket: Socket): void {
    this.socketsOpened += 1;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size > 0) return;
      for (const resolve of this.#whenNoSockets.splice(0)) resolve();
    });
  }

  #read(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > REQUEST_MAX_BYTES) request.destroy();
      else pieces.push(piece);
    });
    request.on('error', () => {});
    request.on('end', () => this.#answer(request, Buffer.concat(pieces), response));
  }

  #answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { clock, answer, latencyMs = 0, fault = noFault } = this.#options;
    const url = new URL(request.url ?? '/', this.origin);
    const { accepted, reply } = answer({
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
    });
    if (!accepted) {
      this.requestsRejected += 1;
      send(response, reply);
      return;
    }
    const happens = fault({ path: url.pathname, index: this.requestsAccepted });
    this.requestsAccepted += 1;
    if (latencyMs === 0) this.#send(response, reply, happens);
    else this.#after(latencyMs, clock, () => this.#send(response, reply, happens));
  }

  #send(response: ServerResponse, reply: VendorReply, fault: VendorFault | null): void {
    const { clock } = this.#options;
    switch (fault?.kind) {
      case undefined:
        send(response, reply);
        return;
      case 'reply':
        send(response, fault.reply);
        return;
      case 'reset':
        if (fault.after === 'request') reset(response);
        else sendHalf(response, reply, () => reset(response));
        return;
      case 'hang':
        if (fault.after === 'headers') head(response, reply).flushHeaders();
        else if (fault.after === 'half-body') sendHalf(response, reply, () => {});
        return;
      case 'late':
        this.#after(fault.delayMs, clock, () => send(response, reply));
        return;
      case 'cut': {
        const bytes = bytesOf(reply);
        send(response, { ...reply, body: bytes.subarray(0, Math.floor(bytes.length * fault.keepRatio)) });
        return;
      }
      case 'odd': {
        const bytes = bytesOf(reply);
        send(response, { ...reply, body: bytes.subarray(0, bytes.length - 1) });
        return;
      }
      case 'trickle':
        this.#trickle(response, reply, fault.pieceBytes, fault.everyMs);
        return;
      case 'endless':
        sendEndlessly(response, reply);
        return;
    }
  }

  #trickle(response: ServerResponse, reply: VendorReply, pieceBytes: number, everyMs: number): void {
    const bytes = bytesOf(reply);
    let at = 0;
    const next = (): void => {
      if (response.destroyed) return;
      response.write(bytes.subarray(at, at + pieceBytes));
      at += pieceBytes;
      if (at >= bytes.length) response.end();
      else this.#after(everyMs, this.#options.clock, next);
    };
    head(response, reply);
    next();
  }

  #after(delayMs: number, clock: Clock, act: () => void): void {
    const timer = clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      act();
    });
    this.#timers.add(timer);
  }
}

function bytesOf(reply: VendorReply): Uint8Array {
  return typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
}

/** Status and headers, the body to follow in chunks. */
function head(response: ServerResponse, reply: VendorReply): ServerResponse {
  return response.writeHead(reply.status, { ...reply.headers });
}

function send(response: ServerResponse, reply: VendorReply): void {
  const bytes = bytesOf(reply);
  if (reply.pieceBytes === undefined) {
    response.writeHead(reply.status, { ...reply.headers, 'content-length': String(bytes.length) });
    response.end(bytes);
    return;
  }
  head(response, reply);
  for (let at = 0; at < bytes.length; at += reply.pieceBytes) {
    response.write(bytes.subarray(at, at + reply.pieceBytes));
  }
  response.end();
}

function sendHalf(response: ServerResponse, reply: VendorReply, then: () => void): void {
  const bytes = bytesOf(reply);
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(bytes.length) });
  response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), then);
}

function sendEndlessly(response: ServerResponse, reply: VendorReply): void {
  const bytes = bytesOf(reply);
  if (bytes.length === 0)
    throw new InvalidStateError('Expected an answer with a body to repeat, received none');
  head(response, reply);
  const pump = (): void => {
    // `write` says false when the client reads too slowly; `drain` comes when it has caught up.
    while (!response.destroyed && response.write(bytes));
  };
  response.on('drain', pump);
  pump();
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}
