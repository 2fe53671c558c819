/**
 * The batched end of a port between two threads: what one tick posts crosses in one `postMessage`. Used on both sides,
 * one instance an end, on the thread that owns that end. It only sends; receiving is the owner's `message` listener.
 *
 * The tick is `setImmediate`, not a microtask: uWebSockets.js and `MessagePort` both run their microtasks after every
 * single message, so a microtask would post once a message. `setImmediate` runs once all that came in with this turn of
 * the loop was handled, and at most one turn later. A wake-up of the other thread is what costs (1,000 a second were
 * 15 % of a core), and this makes one of many.
 */
import type { Transferable } from 'node:worker_threads';
import { CapacityError, type ErrorRecord, toErrorRecord } from '../errors.ts';

/** What `MessagePort`, `Worker` and `parentPort` have in common. */
export interface PostingPort {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
}

interface Batch<M> {
  readonly kind: 'batch';
  readonly messages: readonly M[];
}

/** A batch that holds so much is posted at once, before the tick ends: neither a batch nor the queue grows further. */
const BATCH_MESSAGES_MAX = 256;
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** The largest thing that crosses is an utterance: 60 s of 48 kHz PCM16 are 5.8 MB. */
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;

export interface BatchedPortOptions<M> {
  /** A message that cannot be cloned is left out of its batch and told here; the rest of the batch goes on. */
  readonly onRefused?: (message: M, error: ErrorRecord) => void;
  /** Runs `callback` once, at the end of this tick. Tests hand in their own. */
  readonly atEndOfTick?: (callback: () => void) => void;
}

export class BatchedPort<M> {
  readonly #port: PostingPort;
  readonly #onRefused: (message: M, error: ErrorRecord) => void;
  readonly #atEndOfTick: (callback: () => void) => void;
  #messages: M[] = [];
  #transfer: ArrayBuffer[] = [];
  #bytes = 0;
  #scheduled = false;
  #closed = false;

  constructor(port: PostingPort, options: BatchedPortOptions<M> = {}) {
    this.#port = port;
    this.#onRefused = options.onRefused ?? (() => {});
    this.#atEndOfTick = options.atEndOfTick ?? setImmediate;
  }

  /**
   * Queues `message` for the end of this tick. The buffers in `transfer` belong to the other thread from now on. After
   * `close` it does nothing. Throws CapacityError for buffers of more than 8 MiB.
   */
  post(message: M, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#closed) return;
    let bytes = 0;
    for (const buffer of transfer) bytes += buffer.byteLength;
    if (bytes > MESSAGE_BYTES_MAX) {
      throw new CapacityError(
        `Expected at most ${MESSAGE_BYTES_MAX} bytes for a message's buffers, received ${bytes}`,
      );
    }
    this.#messages.push(message);
    for (const buffer of transfer) this.#transfer.push(buffer);
    this.#bytes += bytes;
    if (this.#messages.length >= BATCH_MESSAGES_MAX || this.#bytes >= BATCH_BYTES_MAX) {
      this.flush();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#atEndOfTick(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  /** Posts what is queued now. Never throws. */
  flush(): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    const transfer = this.#transfer;
    this.#messages = [];
    this.#transfer = [];
    this.#bytes = 0;
    try {
      this.#port.postMessage({ kind: 'batch', messages } satisfies Batch<M>, transfer);
    } catch {
      // A failed clone has detached nothing. One call's bad message must not take the others with it.
      for (const message of messages) this.#postAlone(message, transfer);
    }
  }

  /** Posts what is queued, then nothing any more. The port itself stays its owner's. Idempotent. */
  close(): void {
    this.flush();
    this.#closed = true;
  }

  #postAlone(message: M, transfer: readonly ArrayBuffer[]): void {
    const own = transfer.filter((buffer) => Object.values(message as object).includes(buffer));
    try {
      this.#port.postMessage({ kind: 'batch', messages: [message] } satisfies Batch<M>, own);
    } catch (thrown) {
      this.#onRefused(message, toErrorRecord(thrown));
    }
  }
}
