/**
 * The socket of a transport: open, then closing or closed, and never touched again once it is gone. What is sent then is dropped.
 * I/O thread.
 */
import { type CarrierSocket, SENT } from './carrier-socket.ts';

export class TransportSocket {
  readonly #socket: CarrierSocket;
  #state: 'open' | 'closing' | 'closed' = 'open';

  constructor(socket: CarrierSocket) {
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** A value of `SENT`. */
  send(message: Uint8Array, isBinary: boolean): number {
    return this.isOpen ? this.#socket.send(message, isBinary) : SENT.dropped;
  }

  ping(): void {
    if (this.isOpen) this.#socket.ping();
  }

  bufferedBytes(): number {
    return this.isOpen ? this.#socket.getBufferedAmount() : 0;
  }

  /** With a close message. Idempotent. */
  end(code: number, detail: string): void {
    if (!this.isOpen) return;
    this.#state = 'closing';
    this.#socket.end(code, detail);
  }

  /** At once. Idempotent, also after `end`. */
  terminate(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#socket.close();
  }

  /** It is gone. Idempotent. */
  closed(): void {
    this.#state = 'closed';
  }
}
