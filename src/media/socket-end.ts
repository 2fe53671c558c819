/**
 * The end of a stream's socket: closed once, cut when the server has not reported it closed 5 s later, and touched no more
 * once it has. Decides no reason. I/O thread.
 *
 *   open     close                     closing
 *   closing  5 s passed                terminated, then `cut`
 *   any      `closed`                  closed
 */
import type { EndReason } from '../channel/messages.ts';
import type { MediaPlane } from './media-plane.ts';
import type { WheelTimer } from './timer-wheel.ts';
import type { Transport } from './transport.ts';

const CLOSE_MAX_MS = 5000;

export class SocketEnd {
  readonly #plane: MediaPlane;
  readonly #transport: Transport;
  readonly #timer: WheelTimer;
  #isOpen = true;

  /** `cut`: the peer never answered the close, or the server never heard of it. */
  constructor(plane: MediaPlane, transport: Transport, cut: () => void) {
    this.#plane = plane;
    this.#transport = transport;
    this.#timer = plane.wheel.createTimer(() => {
      transport.terminate();
      cut();
    });
    plane.census.sockets++;
  }

  /** `code` null: at once and without a close message. No-op when the socket is gone. */
  close(code: number | null, reason: EndReason, detail: string): void {
    if (!this.#isOpen) return;
    this.#plane.wheel.start(this.#timer, CLOSE_MAX_MS);
    if (code === null) this.#transport.terminate();
    else this.#transport.close(code, reason, detail);
  }

  /** The server's close event came. False: it was known. */
  closed(): boolean {
    if (!this.#isOpen) return false;
    this.#isOpen = false;
    this.#plane.census.sockets--;
    this.#plane.wheel.stop(this.#timer);
    this.#transport.socketClosed();
    return true;
  }
}
