/**
 * `fetch` as a vendor's exchange in a call needs it, over Node's own client. Unlike the built-in one it gives a connection
 * 2.5 s (undici: 10 s, and no way to say otherwise), follows no redirect (the key is in a header of its own, which would go
 * along), reads no endless error page, and ends the socket of an aborted exchange at once, in whatever phase it is.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Clock } from '../../clock.ts';

/** A connection to a vendor takes 0.05-0.3 s; what takes longer than this will not help the caller any more. */
const CONNECT_TIMEOUT_MS = 2500;
/** Longer than the pauses between the prompts of one flow, shorter than vendors keep connections. */
const IDLE_SOCKET_MS = 15_000;
const ERROR_BODY_BYTES_MAX = 64 * 1024;
/** Statuses with which `Response` takes no body. */
const BODILESS = new Set([204, 205, 304]);

export type Fetch = typeof fetch;

/** Takes a URL, method, headers, a text for body, and a signal; the answer's body is a stream. One connection pool each. */
export function createHttpFetch(clock: Clock): Fetch {
  const agents = {
    http: new HttpAgent({ keepAlive: true, timeout: IDLE_SOCKET_MS }),
    https: new HttpsAgent({ keepAlive: true, timeout: IDLE_SOCKET_MS }),
  };
  return (input, init = {}) =>
    new Promise<Response>((resolve, reject) => {
      const { signal = null } = init;
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const url = new URL(input instanceof Request ? input.url : input);
      const isSecure = url.protocol === 'https:';
      const options = {
        method: init.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init.headers)),
      };
      const request = isSecure
        ? httpsRequest(url, { ...options, agent: agents.https })
        : httpRequest(url, { ...options, agent: agents.http });
      let response: IncomingMessage | null = null;
      const abort = (): void => {
        const reason = signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason));
        response?.destroy(reason);
        request.destroy(reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      request.once('close', () => signal?.removeEventListener('abort', abort));
      request.once('socket', (socket) => {
        if (!socket.connecting) return;
        const timer = clock.setTimer(CONNECT_TIMEOUT_MS, () =>
          request.destroy(
            Object.assign(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`), { code: 'ETIMEDOUT' }),
          ),
        );
        const connected = (): void => clock.clearTimer(timer);
        socket.once(isSecure ? 'secureConnect' : 'connect', connected);
        socket.once('close', connected);
      });
      request.on('error', reject);
      request.once('response', (message) => {
        response = message;
        try {
          resolve(toResponse(message));
        } catch (error) {
          // A status that there is not: no proxy's nonsense may end the thread.
          message.destroy();
          reject(error);
        }
      });
      request.end(init.body ?? undefined);
    });
}

function toResponse(message: IncomingMessage): Response {
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  if (BODILESS.has(status)) {
    message.resume();
    return new Response(null, { status, headers });
  }
  const body = status < 300 ? message : Readable.from(firstBytes(message, ERROR_BODY_BYTES_MAX));
  return new Response(Readable.toWeb(body) as NodeReadableStream<Uint8Array> as ReadableStream<Uint8Array>, {
    status,
    headers,
  });
}

/** Leaving early ends the connection. */
async function* firstBytes(message: IncomingMessage, bytesMax: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    yield chunk;
    if (bytes >= bytesMax) return;
  }
}
