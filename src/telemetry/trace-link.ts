/**
 * The I/O thread's end of the trace thread: starts it, gives call workers their way to it, closes it. Loaded only where
 * traces are wanted. A thread that dies is not started again: what workers tell is then dropped, and counted.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { ToTraceWorker, TracePortStart, TraceWorkerStart } from '../channel/trace-messages.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';

/** From `trace.close` to the cut; the thread itself allows its last batches 2 s. */
const CLOSE_DEADLINE_MS = 3000;

export class TraceLink {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #isClosed = false;

  constructor(start: TraceWorkerStart, log: Log) {
    this.#worker = new Worker(new URL('./trace-worker.ts', import.meta.url), {
      workerData: start,
      name: 'trace',
    });
    let thrown: unknown = null;
    this.#worker.on('error', (error) => {
      thrown = error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        resolve();
        if (this.#isClosed) return;
        this.#isClosed = true;
        const err = thrown === null ? null : toErrorRecord(thrown);
        log.error({ event: 'trace.lost', code, err }, 'the trace thread is gone; calls go on without traces');
      });
    });
  }

  /** A call worker's way to it. The port is to be transferred. */
  openPort(): TracePortStart {
    const { port1, port2 } = new MessageChannel();
    const untaken = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const message: ToTraceWorker = { kind: 'trace.client', client: { port: port1, untaken } };
    this.#worker.postMessage(message, [port1]);
    return { port: port2, untaken };
  }

  /** Workers close first. What waits is sent, within 3 s. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isClosed) this.#worker.postMessage({ kind: 'trace.close' } satisfies ToTraceWorker);
    this.#isClosed = true;
    const late = setTimeout(() => void this.#worker.terminate(), CLOSE_DEADLINE_MS);
    await this.#exited;
    clearTimeout(late);
  }
}
