/**
 * The I/O thread's end of the store thread: starts it, gives it clients, closes it. It does not start it again: a thread
 * that dies has taken the clients' writes with it, so the process must end, and its calls come back from their records.
 * Part of the composition root.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type {
  FromStoreThread,
  StoreThreadHealth,
  StoreWorkerStart,
  ToStoreThread,
} from './channel/store-messages.ts';
import { type ErrorRecord, StoreError, toErrorRecord } from './errors.ts';
import type { Log } from './log.ts';

/** From `store.close` to the cut; the thread itself allows its last writes 3 s. */
const CLOSE_DEADLINE_MS = 5000;

export class StoreLink {
  readonly #worker: Worker;
  readonly #log: Log;
  readonly #onHangUp: (callSid: string) => void;
  readonly #onMachine: (callSid: string) => void;
  /** Resolves with the engine's name when the file is open. Rejects with StoreError when it cannot be. */
  readonly opened: Promise<string>;
  readonly #exited: Promise<void>;
  #health: StoreThreadHealth = { lateWrites: 0, refusedWrites: 0 };
  #isClosed = false;
  #isAlive = true;

  /**
   * `onLost` is told once, when the thread is gone that had opened its file and was not closed. `onHangUp` is told of each
   * call that somebody on any node wants ended, `onMachine` of each that a machine has taken, of whichever node.
   */
  constructor(
    workerUrl: URL,
    start: StoreWorkerStart,
    log: Log,
    onLost: (error: StoreError) => void,
    onHangUp: (callSid: string) => void = () => {},
    onMachine: (callSid: string) => void = () => {},
  ) {
    this.#log = log;
    this.#onHangUp = onHangUp;
    this.#onMachine = onMachine;
    const worker = new Worker(workerUrl, { workerData: start, name: 'store' });
    this.#worker = worker;
    let isOpen = false;
    let thrown: ErrorRecord | null = null;
    this.opened = new Promise((resolve, reject) => {
      const refuse = (error: ErrorRecord) => reject(new StoreError(error.message));
      worker.on('message', (message: FromStoreThread) => {
        if (message.kind === 'store.ready') {
          isOpen = true;
          resolve(message.engine);
        } else if (message.kind === 'store.failed') {
          refuse(message.error);
        } else if (message.kind === 'store.health') {
          this.#health = message.health;
        } else if (message.kind === 'store.machine') {
          this.#onMachine(message.callSid);
        } else {
          this.#onHangUp(message.callSid);
        }
      });
      worker.on('error', (error) => {
        thrown = toErrorRecord(error);
      });
      worker.on('exit', (code) => refuse(thrown ?? toErrorRecord(ended(code, null))));
    });
    // Whoever awaits it is told; nobody awaiting it is no defect.
    this.opened.catch(() => {});
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.#isAlive = false;
        resolve();
        if (this.#isClosed || !isOpen) return;
        this.#log.fatal({ event: 'store.lost', code, err: thrown }, 'the store thread is gone');
        onLost(ended(code, thrown));
      });
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Of the writes of every thread, at most half a second old. */
  get health(): StoreThreadHealth {
    return this.#health;
  }

  /** A new client's end of a channel to the store thread. */
  openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#post({ kind: 'store.client', port: port1 }, [port1]);
    return port2;
  }

  /** What other nodes are to know of this one. Nothing where there are none. */
  reportNode(liveCalls: number, isDraining: boolean): void {
    if (this.#isAlive) this.#post({ kind: 'store.node', liveCalls, isDraining });
  }

  /** So many more calls could be begun here now: for outbound ones. */
  reportRoom(calls: number): void {
    if (this.#isAlive) this.#post({ kind: 'store.room', calls });
  }

  /** Clients close first. What waits is written; a store that does not answer is cut off after 5 s. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isAlive) this.#post({ kind: 'store.close' });
    const late = setTimeout(() => void this.#worker.terminate(), CLOSE_DEADLINE_MS);
    await this.#exited;
    clearTimeout(late);
  }

  #post(message: ToStoreThread, transfer: MessagePort[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}

function ended(code: number, thrown: ErrorRecord | null): StoreError {
  const cause = thrown === null ? '' : `: ${thrown.message}`;
  return new StoreError(
    `Expected the store thread to keep running, received its end with code ${code}${cause}; calls cannot be recorded`,
  );
}
