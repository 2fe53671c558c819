/** One stream of a call: `/ws/voice`. Knows the wire, and nothing of calls. */
import { readServerMessage, type ServerMessage } from './server-message.ts';

export interface VoiceSocketEvents {
  onMessage(message: ServerMessage): void;
  /** PCM16 of the bot. */
  onAudio(pcm: ArrayBuffer): void;
  /** Once, however it came to that, and not after `close`. */
  onClosed(closeCode: number, reason: string): void;
}

type ClientMessage =
  | { readonly event: 'start'; readonly sampleRateHz: number }
  | { readonly event: 'digit'; readonly digit: string }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'stop' };

/** From the request to `started`. */
const START_MAX_MS = 10_000;
/** Audio that waits because the network takes none, about 5 s at 48 kHz: the line is then given up for lost. */
const WAITING_MAX_BYTES = 512 * 1024;
/** As the closing of a socket that is lost and never said so. */
const LOST_CODE = 1006;

export class VoiceSocket {
  readonly #socket: WebSocket;
  readonly #events: VoiceSocketEvents;
  readonly #startTimer: ReturnType<typeof setTimeout>;
  readonly #leave = new AbortController();
  #isStarted = false;

  constructor(url: URL, sampleRateHz: number, events: VoiceSocketEvents) {
    this.#events = events;
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    const { signal } = this.#leave;
    socket.addEventListener('open', () => this.#send({ event: 'start', sampleRateHz }), { signal });
    socket.addEventListener('message', ({ data }) => this.#received(data), { signal });
    socket.addEventListener('close', ({ code, reason }) => this.#lost(code, reason), { signal });
    window.addEventListener('offline', () => this.#lost(LOST_CODE, ''), { signal });
    this.#startTimer = setTimeout(() => this.#lost(LOST_CODE, ''), START_MAX_MS);
  }

  sendAudio(samples: Int16Array<ArrayBuffer>): void {
    if (!this.#isStarted || this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > WAITING_MAX_BYTES) this.#lost(LOST_CODE, '');
    else this.#socket.send(samples);
  }

  sendDigit(digit: string): void {
    this.#send({ event: 'digit', digit });
  }

  sendMark(name: string): void {
    this.#send({ event: 'mark', name });
  }

  sendStop(): void {
    this.#send({ event: 'stop' });
  }

  /** No event comes after it. Idempotent. */
  close(): void {
    clearTimeout(this.#startTimer);
    this.#leave.abort();
    this.#socket.close(1000);
  }

  #received(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      // Half a sample could only be played as noise.
      if (data.byteLength % 2 === 0) this.#events.onAudio(data);
      return;
    }
    const message = typeof data === 'string' ? readServerMessage(data) : null;
    if (message === null) return;
    if (message.event === 'started') {
      this.#isStarted = true;
      clearTimeout(this.#startTimer);
    }
    this.#events.onMessage(message);
  }

  #lost(closeCode: number, reason: string): void {
    if (this.#leave.signal.aborted) return;
    this.close();
    this.#events.onClosed(closeCode, reason);
  }

  #send(message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
