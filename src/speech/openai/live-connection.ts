/**
 * One WebSocket of the Realtime API: serves one utterance at a time, and is over at the first thing that goes wrong, since
 * nobody can say what the other end still holds then.
 *
 *     connecting -> open -> closed      `send` before `open` waits, up to a bound
 */
import { WebSocket } from 'ws';
import type { Clock, Timer } from '../../clock.ts';
import type { ProviderError } from '../../errors.ts';
import { CONNECT_TIMEOUT_MS } from './lean-fetch.ts';
import { type LiveEvent, parseLiveEvent } from './live-event.ts';
import { refusedHandshake } from './live-handshake.ts';
import { toTransportError, toUnusable } from './openai-failure.ts';
import { ConnectTimeout } from './transport-fault.ts';

export interface LiveAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The largest right event is a transcript of a minute, some 2 KiB. */
const MESSAGE_MAX_BYTES = 64 * 1024;
/** Two minutes of 24 kHz PCM16 in base64: all of the longest utterance, for a vendor that reads nothing. */
const UNSENT_MAX_BYTES = 8 * 1024 * 1024;

/** Told to whoever has the connection, and to the pool when nobody has. */
export interface LiveListener {
  heard(event: LiveEvent): void;
  /** Once; nothing comes after it. */
  ended(error: ProviderError): void;
}

export class LiveConnection {
  readonly openedAtMs: number;
  readonly #provider: string;
  readonly #clock: Clock;
  readonly #socket: WebSocket;
  readonly #connecting: Timer;
  #unsent: string[] = [];
  #unsentBytes = 0;
  #listener: LiveListener | null = null;
  #end: ProviderError | null = null;
  #session = '';
  #awaitsPong = false;

  constructor(address: LiveAddress, provider: string, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
    this.openedAtMs = clock.nowMs();
    this.#socket = new WebSocket(address.url, {
      headers: { ...address.headers },
      perMessageDeflate: false,
      maxPayload: MESSAGE_MAX_BYTES,
      followRedirects: false,
    });
    this.#connecting = clock.setTimer(CONNECT_TIMEOUT_MS, () =>
      this.#fail(toTransportError(new ConnectTimeout(CONNECT_TIMEOUT_MS), provider)),
    );
    this.#socket.on('open', () => this.#opened());
    this.#socket.on('pong', () => {
      this.#awaitsPong = false;
    });
    this.#socket.on('message', (data, isBinary) => this.#receive(data.toString(), isBinary));
    this.#socket.on('unexpected-response', (_request, response) => {
      refusedHandshake(response, provider, clock.wallMs()).then((error) => this.#fail(error));
    });
    this.#socket.on('error', (error: Error & { code?: string }) => {
      const isTooLong = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      this.#fail(
        isTooLong
          ? toUnusable(provider, `an event of more than ${MESSAGE_MAX_BYTES} bytes`)
          : toTransportError(error, provider),
      );
    });
    this.#socket.on('close', () => this.#fail(toTransportError(null, provider)));
  }

  get isOver(): boolean {
    return this.#end !== null;
  }

  /** Null: nobody has it. A connection that is over tells a new listener at once. */
  listen(listener: LiveListener | null): void {
    this.#listener = listener;
    if (this.#end !== null) listener?.ended(this.#end);
  }

  /** `session` as JSON; sent only where it differs from what the vendor has. */
  configure(session: string): void {
    if (session === this.#session) return;
    this.#session = session;
    this.#send(`{"type":"session.update","session":${session}}`);
  }

  /** `audio` in base64; none is no event. */
  append(audio: string): void {
    if (audio !== '') this.#send(`{"type":"input_audio_buffer.append","audio":"${audio}"}`);
  }

  commit(): void {
    this.#send('{"type":"input_audio_buffer.commit"}');
  }

  clear(): void {
    this.#send('{"type":"input_audio_buffer.clear"}');
  }

  /** Asks whether the other end is there; over if it has not answered the last time. */
  probe(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#awaitsPong) {
      this.close();
      return;
    }
    this.#awaitsPong = true;
    this.#socket.ping();
  }

  /** At once, without a close frame: it may be that nobody reads. Idempotent. */
  close(): void {
    this.#fail(toTransportError(null, this.#provider));
  }

  #opened(): void {
    this.#clock.clearTimer(this.#connecting);
    for (const message of this.#unsent.splice(0)) this.#socket.send(message);
    this.#unsentBytes = 0;
  }

  #send(message: string): void {
    if (this.#end !== null) return;
    const isOpen = this.#socket.readyState === WebSocket.OPEN;
    if ((isOpen ? this.#socket.bufferedAmount : this.#unsentBytes) > UNSENT_MAX_BYTES) {
      this.#fail(toTransportError(null, this.#provider));
    } else if (isOpen) {
      this.#socket.send(message);
    } else {
      this.#unsent.push(message);
      this.#unsentBytes += message.length;
    }
  }

  #receive(text: string, isBinary: boolean): void {
    if (this.#end !== null) return;
    if (isBinary) {
      this.#fail(toUnusable(this.#provider, 'a binary message'));
      return;
    }
    const event = parseLiveEvent(text, this.#provider);
    if (event.kind === 'failure') this.#fail(event.error);
    else this.#listener?.heard(event);
  }

  #fail(error: ProviderError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#unsent = [];
    this.#clock.clearTimer(this.#connecting);
    this.#socket.terminate();
    this.#listener?.ended(error);
  }
}
