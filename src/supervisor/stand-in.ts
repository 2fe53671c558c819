/**
 * Answers on the server's port while there is no server. Has the port at the latest one turn of the loop after it is free,
 * and leaves it in the turn in which it is told to: a carrier that is refused a connection tries again at once, and only a
 * few times. Sizes and times are bounded; each connection is good for one answer, so none is left when the server listens.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock, Timer } from '../clock.ts';
import { HeldAsks, type HeldEnd } from './held-asks.ts';
import type { ServerAddress } from './server-messages.ts';
import { type StandInAnswer, standInAnswer } from './stand-in-answer.ts';

const BODY_MAX_BYTES = 16_384;
const HEADERS_MAX_BYTES = 8192;
/** More than may be held: who asks for the first time is always answered. */
const CONNECTIONS_MAX = 2000;
/** Of silence: more than an ask is held, and Twilio gives up at 15 s. */
const REQUEST_MAX_MS = 10_000;
/** The dead server's socket goes within a turn or two; a port that another program has taken is asked for less often. */
const EAGER_TRIES = 2000;
const RETRY_MS = 50;
/** No generation of a real one. */
const PRACTICE = -1;

export interface StandInParts {
  readonly clock: Clock;
  /** It cannot have the port, for a reason that may pass. Told once for each `open`. */
  readonly onRefused: (error: NodeJS.ErrnoException) => void;
}

export class StandIn {
  readonly #parts: StandInParts;
  #address: ServerAddress | null = null;
  #server: Server | null = null;
  #retry: Timer | null = null;
  #tries = 0;
  /** Of `open` and `close`: what belongs to an earlier one does nothing. */
  #generation = 0;
  #answered = 0;
  readonly #held: HeldAsks;

  constructor(parts: StandInParts) {
    this.#parts = parts;
    this.#held = new HeldAsks(parts.clock);
  }

  /** Requests that it has answered since the start. */
  get answered(): number {
    return this.#answered;
  }

  /** Requests that wait for a server. */
  get heldCount(): number {
    return this.#held.count;
  }

  /** Takes the port as soon as it can be had, until `close`. Idempotent. */
  open(address: ServerAddress): void {
    if (this.#address !== null) return;
    this.#address = address;
    this.#tries = 0;
    this.#generation += 1;
    this.#try(this.#generation);
  }

  /**
   * Listens once on any free port of that address, and stops. The first time, Node loads what it needs for it: 20 ms
   * (measured) in which a carrier would be refused, if that were when the server has died.
   */
  practise(address: ServerAddress): void {
    try {
      const server = this.#create(address, PRACTICE);
      server.listen({ host: address.host, port: 0, exclusive: true }, () => server.close());
    } catch {
      // What is wrong will be said when it matters.
    }
  }

  /** Answers who is held: a server listens, or none will. */
  endWaits(why: HeldEnd): void {
    this.#held.end(why);
  }

  /** The port is free when this returns. Who is held stays so, since no server listens yet. Idempotent. */
  close(): void {
    this.#generation += 1;
    this.#address = null;
    if (this.#retry !== null) this.#parts.clock.clearTimer(this.#retry);
    this.#retry = null;
    this.#server?.close();
    this.#server = null;
  }

  #try(generation: number): void {
    const address = this.#address;
    if (address === null || generation !== this.#generation) return;
    this.#tries += 1;
    try {
      this.#server ??= this.#create(address, generation);
      this.#server.listen({ host: address.host, port: address.port, exclusive: true });
    } catch (error) {
      this.#refused(generation, error as NodeJS.ErrnoException);
    }
  }

  #refused(generation: number, error: NodeJS.ErrnoException): void {
    if (generation !== this.#generation) return;
    if (error.code === 'EADDRINUSE' && this.#tries < EAGER_TRIES) {
      setImmediate(() => this.#try(generation));
      return;
    }
    if (this.#tries <= EAGER_TRIES) this.#parts.onRefused(error);
    this.#tries = Math.max(this.#tries, EAGER_TRIES) + 1;
    this.#retry = this.#parts.clock.setTimer(RETRY_MS, () => this.#try(generation));
  }

  #create(address: ServerAddress, generation: number): Server {
    const { publicUrl, tls } = address;
    const limits = {
      maxHeaderSize: HEADERS_MAX_BYTES,
      headersTimeout: REQUEST_MAX_MS,
      requestTimeout: REQUEST_MAX_MS,
      connectionsCheckingInterval: 1000,
    };
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      this.#answer(request, response, publicUrl);
    const server =
      tls === null
        ? createServer(limits, listener)
        : // Not imported: where there is no TLS, it would be a fifth of what the supervisor weighs.
          process
            .getBuiltinModule('node:https')
            .createServer(
              { ...limits, cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) },
              listener,
            );
    server.maxConnections = CONNECTIONS_MAX;
    // Also of one whose handshake does not end, and of one that does not read its answer.
    server.setTimeout(REQUEST_MAX_MS, (socket) => socket.destroy());
    server.on('error', (error: NodeJS.ErrnoException) => this.#refused(generation, error));
    server.on('clientError', (_error, socket) => socket.destroy());
    return server;
  }

  /** The body is read, also since a connection that is closed before it may take the answer with it. */
  #answer(request: IncomingMessage, response: ServerResponse, publicUrl: string | null): void {
    let bytes = 0;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > BODY_MAX_BYTES) request.destroy();
    });
    request.on('error', () => {});
    request.on('end', () => {
      const answer = standInAnswer(
        request.method ?? '',
        request.url ?? '',
        publicUrl,
        Buffer.concat(chunks).toString('latin1'),
      );
      const { servedBody } = answer;
      if (servedBody === undefined) {
        this.#send(response, answer);
        return;
      }
      const leave = this.#held.hold((why) =>
        this.#send(response, why === 'served' ? { ...answer, body: servedBody } : answer),
      );
      response.on('close', leave);
    });
  }

  #send(response: ServerResponse, { statusCode, contentType, body, allow }: StandInAnswer): void {
    this.#answered += 1;
    response.writeHead(statusCode, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
      ...(allow === undefined ? {} : { Allow: allow }),
    });
    response.end(body);
  }
}
