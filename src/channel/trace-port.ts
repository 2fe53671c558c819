/**
 * A call worker's end of its way to the trace thread. A port has no bound of its own: what the other side has not taken is
 * counted in shared memory, and beyond the bound nothing more is posted. Call worker.
 */
import type { PostingPort } from './port.ts';
import type { ToTraceThread } from './trace-messages.ts';

/** Some 500 bytes each. A thousand calls end four hundred turns a second at most. */
const UNTAKEN_MAX = 1024;

export class TracePort {
  readonly #port: PostingPort;
  readonly #untaken: Int32Array;
  readonly #onDropped: () => void;

  constructor(start: { port: PostingPort; untaken: SharedArrayBuffer }, onDropped: () => void) {
    this.#port = start.port;
    this.#untaken = new Int32Array(start.untaken);
    this.#onDropped = onDropped;
  }

  post(message: ToTraceThread): void {
    if (Atomics.load(this.#untaken, 0) >= UNTAKEN_MAX) {
      this.#onDropped();
      return;
    }
    Atomics.add(this.#untaken, 0, 1);
    this.#port.postMessage(message);
  }
}
