/**
 * A WebSocket that may be used after it has gone. uWebSockets.js throws when a closed socket is touched, and closing runs
 * the close handler before it returns; here every method of a closed socket is a no-op. It is the media plane's
 * `CarrierSocket`. I/O thread.
 */
import type { WebSocket } from 'uWebSockets.js';
import { type CarrierSocket, SENT } from '../media/carrier-socket.ts';

export class OpenSocket implements CarrierSocket {
  #ws: WebSocket<unknown> | null;

  constructor(ws: WebSocket<unknown>) {
    this.#ws = ws;
  }

  get isOpen(): boolean {
    return this.#ws !== null;
  }

  /** As `CarrierSocket.send`; a closed socket drops. */
  send(message: Uint8Array, isBinary: boolean): number {
    return this.#ws === null ? SENT.dropped : this.#ws.send(message, isBinary);
  }

  /** Bytes that wait in our process; 0 once closed. */
  getBufferedAmount(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  ping(): number {
    return this.#ws === null ? SENT.dropped : this.#ws.ping();
  }

  /** `reason` at most 123 bytes. The close handler runs before this returns. */
  end(code: number, reason: string): void {
    const ws = this.#ws;
    this.#ws = null;
    ws?.end(code, reason);
  }

  close(): void {
    const ws = this.#ws;
    this.#ws = null;
    ws?.close();
  }

  /** For the guarded registration: the socket has closed. */
  forget(): void {
    this.#ws = null;
  }
}
