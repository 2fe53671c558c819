/**
 * The one place where a route, an upgrade or a WebSocket behaviour is registered. A throw out of a uWebSockets.js HTTP or
 * upgrade callback that has neither answered nor attached `onAborted` ends the process, and no `uncaughtException`
 * listener helps (measured). So everything goes through here: `Exchange` attaches `onAborted` first, throws and rejected
 * promises are caught and counted, the peer gets a 500 without a word about our insides, and a socket whose code threw is
 * closed alone. I/O thread.
 */
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import { toErrorRecord } from '../errors.ts';
import { Exchange, textAnswer } from './exchange.ts';
import type { FaultCounters } from './fault-counters.ts';
import { OpenSocket } from './open-socket.ts';
import type { QuietLog } from './quiet-log.ts';

export type Method = 'get' | 'post';
export type RouteAnswer = (exchange: Exchange) => void | Promise<void>;

/** What one kind of WebSocket does. `T` is what its upgrade decided, kept with the socket. */
export interface SocketRoute<T> {
  /** Decides at once: what to keep with the socket, or null when the exchange was answered with a refusal. */
  accept(exchange: Exchange): T | null;
  open(socket: OpenSocket, kept: T): void | Promise<void>;
  message(socket: OpenSocket, kept: T, message: ArrayBuffer, isBinary: boolean): void | Promise<void>;
  drain(socket: OpenSocket, kept: T): void;
  ping(socket: OpenSocket, kept: T): void;
  pong(socket: OpenSocket, kept: T): void;
  dropped(socket: OpenSocket, kept: T): void;
  /**
   * The socket is gone, however it came to that; 1009: its peer sent more than `MAX_MESSAGE_BYTES` at once. Exactly once for
   * each accepted upgrade that opened.
   */
  close(socket: OpenSocket, kept: T, closeCode: number): void;
}

/** Bytes; a larger message drops the socket (uWebSockets.js sends no 1009). Twilio's are under 1 KiB. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
/**
 * Bytes that may wait for a peer that does not read; above it the socket is closed. Must hold more than the playback's lead:
 * 1 s of mu-law is 11 KiB of messages, a prompt's chunks stay under 64 KiB.
 */
export const MAX_BACKPRESSURE_BYTES = 1024 * 1024;
/**
 * Seconds without a byte from the peer: after 4 to 8 s it is pinged, after 8 to 12 s the socket is closed as lost. So a
 * network that freezes for 4 s does no harm, and a peer that lives and sends no media is left to the stream's own watch
 * (30 s). Not longer, because uWebSockets.js derives from it how long a peer may leave our close message unanswered:
 * up to 4 s with 12, but 16 s with 60 (measured), and the socket must be gone within 5.
 */
const IDLE_SECONDS = 12;

/** RFC 6455, 7.4.1. uWebSockets.js drops such a socket without a word, calls it 1006, and says this. */
const TOO_BIG = 1009;
const TOO_BIG_TEXT = Buffer.from('Received too big message');

/** The names must not be methods of WebSocket: `getUserData()` is the socket itself. */
interface Kept<T> {
  readonly attachment: T;
  openSocket: OpenSocket | null;
  hasFaulted: boolean;
}

export class GuardedApp {
  readonly #app: TemplatedApp;
  readonly #log: QuietLog;
  readonly #faults: FaultCounters;
  readonly #takeSocketsOf: ((context: unknown) => boolean) | null;
  readonly #sockets: Set<OpenSocket>;

  /**
   * `sockets` collects what is open, over all apps of one server. `takeSocketsOf`, of the addon: is shown the context of each socket
   * route, so that media may be taken without JavaScript.
   */
  constructor(options: {
    app: TemplatedApp;
    log: QuietLog;
    faults: FaultCounters;
    sockets: Set<OpenSocket>;
    takeSocketsOf?: ((context: unknown) => boolean) | null;
  }) {
    this.#app = options.app;
    this.#log = options.log;
    this.#faults = options.faults;
    this.#sockets = options.sockets;
    this.#takeSocketsOf = options.takeSocketsOf ?? null;
  }

  /** One path and the only method it takes, HEAD with GET; any other gets 405. `path` may hold one `:name`. */
  route(method: Method, path: string, answer: RouteAnswer): void {
    const place = `${method.toUpperCase()} ${path}`;
    const taken: readonly string[] = method === 'get' ? ['get', 'head'] : [method];
    this.#any(place, path, (exchange) => {
      if (!taken.includes(exchange.method)) {
        const expected = method.toUpperCase();
        exchange.answer({
          ...textAnswer('405 Method Not Allowed', `Expected ${expected} for this path`),
          headers: { Allow: taken.join(', ').toUpperCase() },
        });
        return;
      }
      return answer(exchange);
    });
  }

  /** WebSocket upgrades on one path; anything else there is told so. */
  socket<T>(path: string, route: SocketRoute<T>): void {
    // `kept` is taken before anything runs: a closed socket does not give it out any more.
    const guard = (place: string, kept: Kept<T>, run: () => void | Promise<void>) => {
      try {
        const running = run();
        if (running !== undefined) this.#watch(place, kept, running);
      } catch (thrown) {
        this.#socketFaulted(place, kept, thrown);
      }
    };
    this.#app.ws<Kept<T>>(path, {
      // DISABLED, of which uws-pack's types know no value.
      compression: 0,
      maxPayloadLength: MAX_MESSAGE_BYTES,
      maxBackpressure: MAX_BACKPRESSURE_BYTES,
      closeOnBackpressureLimit: true,
      idleTimeout: IDLE_SECONDS,
      sendPingsAutomatically: true,
      upgrade: (response, request, context) => this.#upgrade(path, route, response, request, context),
      open: (ws) => {
        const kept = ws.getUserData();
        const socket = new OpenSocket(ws as WebSocket<unknown>);
        kept.openSocket = socket;
        this.#sockets.add(socket);
        guard('socket open', kept, () => route.open(socket, kept.attachment));
      },
      // Written out, where `guard` would make a closure: fifty messages a second and call.
      message: (ws, message, isBinary) => {
        const kept = ws.getUserData();
        try {
          const running = route.message(kept.openSocket!, kept.attachment, message, isBinary);
          if (running !== undefined) this.#watch('socket message', kept, running);
        } catch (thrown) {
          this.#socketFaulted('socket message', kept, thrown);
        }
      },
      drain: (ws) => {
        const kept = ws.getUserData();
        try {
          route.drain(kept.openSocket!, kept.attachment);
        } catch (thrown) {
          this.#socketFaulted('socket drain', kept, thrown);
        }
      },
      ping: (ws) => {
        const kept = ws.getUserData();
        try {
          route.ping(kept.openSocket!, kept.attachment);
        } catch (thrown) {
          this.#socketFaulted('socket ping', kept, thrown);
        }
      },
      pong: (ws) => {
        const kept = ws.getUserData();
        guard('socket pong', kept, () => route.pong(kept.openSocket!, kept.attachment));
      },
      dropped: (ws) => {
        const kept = ws.getUserData();
        guard('socket dropped', kept, () => route.dropped(kept.openSocket!, kept.attachment));
      },
      close: (ws, closeCode, text) => {
        const kept = ws.getUserData();
        const socket = kept.openSocket!;
        socket.forget();
        this.#sockets.delete(socket);
        const code = isTooBig(text) ? TOO_BIG : closeCode;
        guard('socket close', kept, () => route.close(socket, kept.attachment, code));
      },
    });
    this.#any(`GET ${path}`, path, (exchange) =>
      exchange.answer({
        ...textAnswer('426 Upgrade Required', 'Expected a WebSocket upgrade for this path'),
        headers: { Upgrade: 'websocket' },
      }),
    );
  }

  /** Whatever no route took. Call it last. */
  notFound(): void {
    this.#any('any path', '/*', (exchange) =>
      exchange.answer(textAnswer('404 Not Found', 'There is nothing at this path')),
    );
  }

  #any(place: string, path: string, answer: RouteAnswer): void {
    this.#app.any(path, (response, request) => {
      const exchange = this.#exchange(place, response, request);
      if (exchange === null) return;
      try {
        const answering = answer(exchange);
        if (answering === undefined) this.#finish(place, exchange);
        else
          answering.then(
            () => this.#finish(place, exchange),
            (thrown: unknown) => this.#faulted(place, exchange, thrown),
          );
      } catch (thrown) {
        this.#faulted(place, exchange, thrown);
      }
    });
  }

  /** An answer that returns without one would leave the peer waiting for ever: uWebSockets.js then has no time-out. */
  #finish(place: string, exchange: Exchange): void {
    if (!exchange.isOver) this.#faulted(place, exchange, new Error('the route gave no answer'));
  }

  #upgrade<T>(
    path: string,
    route: SocketRoute<T>,
    response: HttpResponse,
    request: HttpRequest,
    context: us_socket_context_t,
  ): void {
    const place = `upgrade ${path}`;
    const exchange = this.#exchange(place, response, request);
    if (exchange === null) return;
    try {
      const attachment = route.accept(exchange);
      if (attachment === null) {
        this.#finish(place, exchange);
        return;
      }
      const key = exchange.header('sec-websocket-key');
      const kept: Kept<T> = { attachment, openSocket: null, hasFaulted: false };
      this.#takeSocketsOf?.(context);
      // No subprotocol and no extension is ever agreed to: Twilio offers none, and an inflated message has no bound.
      exchange.takeForUpgrade()?.upgrade(kept, key, '', '', context);
    } catch (thrown) {
      this.#faulted(place, exchange, thrown);
    }
  }

  #exchange(place: string, response: HttpResponse, request: HttpRequest): Exchange | null {
    try {
      return new Exchange(response, request);
    } catch (thrown) {
      this.#faults.add(place);
      this.#logFault('request.failed', 'a request failed', place, thrown);
      response.close();
      return null;
    }
  }

  #faulted(place: string, exchange: Exchange, thrown: unknown): void {
    this.#faults.add(place);
    this.#logFault('request.failed', 'a request failed', place, thrown);
    exchange.answer(textAnswer('500 Internal Server Error', 'This request failed', true));
  }

  #watch<T>(place: string, kept: Kept<T>, running: Promise<void>): void {
    running.catch((thrown: unknown) => this.#socketFaulted(place, kept, thrown));
  }

  /** Counted each time, logged once a socket, and the socket is closed: its state can no longer be trusted. */
  #socketFaulted<T>(place: string, kept: Kept<T>, thrown: unknown): void {
    this.#faults.add(place);
    if (!kept.hasFaulted) {
      kept.hasFaulted = true;
      this.#logFault('socket.failed', 'a socket failed', place, thrown);
    }
    kept.openSocket?.end(1011, 'failed');
  }

  #logFault(event: string, text: string, place: string, thrown: unknown): void {
    this.#log.warn({ event, place, err: toErrorRecord(thrown) }, text, `${text} ${place}`);
  }
}

function isTooBig(text: ArrayBuffer): boolean {
  return TOO_BIG_TEXT.equals(new Uint8Array(text));
}
