/**
 * One HTTP request and the answer to it, safe to hold across an await. uWebSockets.js ends the process, or reads freed
 * memory, when its response is touched after an abort, answered twice, or asked for headers after the first tick; here
 * all of that is a no-op. Not a router, and it knows no route. I/O thread.
 */
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { AnswerStream } from './answer-stream.ts';
import { localHostOf, type RequestOrigin } from './local-request.ts';

/** Longest body that any route takes. Twilio's webhooks stay under it. */
export const MAX_BODY_BYTES = 16 * 1024;

export interface Answer {
  /** Code and phrase, as `403 Forbidden`. */
  readonly status: string;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Close the connection after it: the rest of the request is not wanted. */
  readonly closes?: boolean;
}

/** A refusal in words: short, plain, and nothing about our insides. */
export function textAnswer(status: string, reason: string, closes = false): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${reason}\n`, closes };
}

export class Exchange implements RequestOrigin {
  /** In lower case. */
  readonly method: string;
  /** As received: neither decoded nor normalized. */
  readonly path: string;
  /** Without the question mark; empty if none. */
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly peerAddress: Uint8Array;
  /** The route's `:name` part, as received. */
  readonly parameter: string;
  readonly #response: HttpResponse;
  #isAborted = false;
  #isAnswered = false;
  #onAborted: (() => void) | null = null;

  constructor(response: HttpResponse, request: HttpRequest) {
    // First of all: from here on nothing that throws can end the process.
    response.onAborted(() => {
      this.#isAborted = true;
      this.#onAborted?.();
    });
    this.#response = response;
    this.method = request.getMethod();
    this.path = request.getUrl();
    this.query = request.getQuery() ?? '';
    this.parameter = request.getParameter(0) ?? '';
    const headers: [string, string][] = [];
    request.forEach((name, value) => {
      headers.push([name, value]);
    });
    this.headers = headers;
    this.peerAddress = new Uint8Array(response.getRemoteAddress());
  }

  /** The first header of that name (lower case), or an empty string. */
  header(name: string): string {
    for (const [key, value] of this.headers) if (key === name) return value;
    return '';
  }

  headerCount(name: string): number {
    return this.headers.reduce((count, [key]) => count + (key === name ? 1 : 0), 0);
  }

  /** Host with its port if it is one of this machine's local names, else null. */
  get localHost(): string | null {
    return localHostOf(this.header('host'));
  }

  /** The peer has gone, or an answer was given: nothing more can be said. */
  get isOver(): boolean {
    return this.#isAborted || this.#isAnswered;
  }

  /** The first answer is sent, a later one ignored, and none after an abort. To HEAD it goes without its body. */
  answer(answer: Answer): void {
    if (this.isOver) return;
    this.#isAnswered = true;
    this.#response.cork(() => {
      this.#writeHead(answer);
      if (this.method === 'head') this.#endWithoutBody(answer);
      else this.#response.end(answer.body, answer.closes ?? false);
    });
  }

  /**
   * The first piece of an answer that goes on, and the stream of it; null when nothing can be said any more, or where HEAD
   * asks for the head alone. `onClosed` is told once when it is over.
   */
  stream(first: Answer, onClosed: () => void): AnswerStream | null {
    if (this.method === 'head') this.answer({ ...first, body: '' });
    if (this.isOver) return null;
    this.#isAnswered = true;
    const stream = new AnswerStream(this.#response, onClosed);
    this.#onAborted = () => stream.closed();
    this.#response.cork(() => this.#writeHead(first));
    stream.write(first.body);
    return stream;
  }

  #writeHead({ contentType, headers = {}, status }: Answer): void {
    this.#response.writeStatus(status);
    this.#response.writeHeader('Content-Type', contentType);
    this.#response.writeHeader('Cache-Control', 'no-store');
    this.#response.writeHeader('X-Content-Type-Options', 'nosniff');
    for (const [name, value] of Object.entries(headers)) this.#response.writeHeader(name, value);
  }

  /**
   * A body would be read as the beginning of the next answer (RFC 9110, 9.3.2). The length is written here because a
   * response that is told of it never counts as done, and the next request on the connection is aborted (measured).
   */
  #endWithoutBody(answer: Answer): void {
    if (answer.closes === true) this.#response.writeHeader('Connection', 'close');
    this.#response.writeHeader('Content-Length', String(Buffer.byteLength(answer.body)));
    this.#response.endWithoutBody();
  }

  /** Drops the connection without a word. */
  drop(): void {
    if (this.isOver) return;
    this.#isAnswered = true;
    this.#response.close();
  }

  /**
   * The whole body, copied. Null when the peer has gone, or when an undeclared length ran over `MAX_BODY_BYTES`: the
   * connection is then dropped. Call it in the tick of the request. It needs no deadline of ours: uWebSockets.js closes a
   * connection whose headers or body are not complete about 12 s after they began, however they trickle (a test holds it to that).
   */
  readBody(): Promise<Buffer | null> {
    return new Promise((resolve) => {
      if (this.isOver) {
        resolve(null);
        return;
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      this.#onAborted = () => resolve(null);
      this.#response.onData((chunk, isLast) => {
        if (this.isOver) return;
        bytes += chunk.byteLength;
        if (bytes > MAX_BODY_BYTES) {
          resolve(null);
          this.drop();
          return;
        }
        // uWebSockets.js takes the chunk back when this returns.
        chunks.push(Buffer.from(Buffer.from(chunk)));
        if (isLast) resolve(Buffer.concat(chunks, bytes));
      });
    });
  }

  /** For the guarded registration only: the response itself, to be upgraded. Counts as answered. */
  takeForUpgrade(): HttpResponse | null {
    if (this.isOver) return null;
    this.#isAnswered = true;
    return this.#response;
  }
}
