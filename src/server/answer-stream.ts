/**
 * An answer that goes on: its head was sent, pieces follow until one of both ends has enough. Safe to hold for ever: after
 * the end every call is a no-op. uWebSockets.js keeps what the kernel does not take, and tells once all of it has gone
 * (measured: not before); a piece that would come on top of that is refused, so one piece is all that ever waits here. It cuts a peer
 * that takes nothing for 10 s by itself; whoever writes cuts it earlier. I/O thread.
 */
import type { HttpResponse } from 'uWebSockets.js';

export class AnswerStream {
  readonly #response: HttpResponse;
  readonly #onClosed: () => void;
  #isClosed = false;
  #isFull = false;

  /** For `Exchange` only, whose abort leads to `closed`. `onClosed` is told once, whoever ended it. */
  constructor(response: HttpResponse, onClosed: () => void) {
    this.#response = response;
    this.#onClosed = onClosed;
    response.onWritable(() => {
      this.#isFull = false;
      return true;
    });
  }

  /** What was written last has not left yet: the next piece would wait behind it. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** False when it was not taken: the peer is gone, or has not read what came before. */
  write(piece: string): boolean {
    if (this.#isClosed || this.#isFull) return false;
    this.#response.cork(() => {
      this.#isFull = !this.#response.write(piece);
    });
    return true;
  }

  /** The last of it. */
  end(): void {
    if (this.#isClosed) return;
    this.closed();
    this.#response.cork(() => {
      this.#response.end();
    });
  }

  /** Drops the connection. */
  cut(): void {
    if (this.#isClosed) return;
    this.closed();
    this.#response.close();
  }

  /** The peer has gone. Idempotent. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
  }
}
