/**
 * The I/O thread's end of the recordings' thread: starts it, starts it again when it dies, and closes it. What was open when
 * it died is given up; a call never notices. One for each folder. Part of the composition root; the thread itself is
 * recordings/record-worker.ts.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { BatchedPort } from './channel/port.ts';
import type {
  FromRecordThread,
  RecordKind,
  RecordWorkerStart,
  ToRecordThread,
} from './channel/record-messages.ts';
import type { Clock, Timer } from './clock.ts';
import { ConfigError, type ErrorRecord, StoreError, toErrorRecord } from './errors.ts';
import type { Log } from './log.ts';
import type { RecordCounts, RecordFile, RecordFiles } from './recordings/record-files.ts';
import { StreamedFiles } from './recordings/streamed-files.ts';

const CLOSE_DEADLINE_MS = 5000;
const RESTART_DELAY_MIN_MS = 250;
const RESTART_DELAY_MAX_MS = 10_000;

export interface RecordLinkParts {
  readonly workerUrl: URL;
  readonly start: RecordWorkerStart;
  readonly clock: Clock;
  readonly log: Log;
}

export class RecordLink implements RecordFiles {
  readonly #parts: RecordLinkParts;
  readonly #files: StreamedFiles;
  #worker: Worker | null = null;
  #port: BatchedPort<ToRecordThread> | null = null;
  /** What lies in the folder unfinished is nobody's. */
  #mayRecover = false;
  /** Since something was last written. */
  #deaths = 0;
  #restart: Timer | null = null;
  #onExit: (() => void) | null = null;
  #closed: Promise<void> | null = null;

  constructor(parts: RecordLinkParts) {
    this.#parts = parts;
    this.#files = new StreamedFiles(parts);
    this.#begin();
  }

  open(name: string, kind: RecordKind): RecordFile {
    return this.#files.open(name, kind);
  }

  /**
   * Finishes what a server that died left unfinished. Once this one has its port: before that, another may be serving, whose
   * open files these are. Idempotent.
   */
  recover(): void {
    if (this.#mayRecover) return;
    this.#mayRecover = true;
    this.#port?.post({ kind: 'recover' });
  }

  counts(): RecordCounts {
    return this.#files.counts();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #begin(): void {
    const worker = new Worker(this.#parts.workerUrl, { workerData: this.#parts.start, name: 'recordings' });
    const port = new BatchedPort<ToRecordThread>(worker);
    this.#worker = worker;
    this.#port = port;
    let thrown: ErrorRecord | null = null;
    worker.on('message', (message: FromRecordThread) => {
      if (message.kind === 'written') this.#deaths = 0;
      this.#files.receive(message);
    });
    worker.on('error', (error) => {
      thrown = toErrorRecord(error);
    });
    worker.on('exit', (code) => this.#exited(code, thrown));
    if (this.#mayRecover) port.post({ kind: 'recover' });
    this.#files.threadBegan((message, transfer) => port.post(message, transfer));
  }

  #exited(code: number, thrown: ErrorRecord | null): void {
    this.#worker = null;
    this.#port = null;
    const cause = thrown === null ? '' : `: ${thrown.message}`;
    const error = new StoreError(
      `Expected the recordings' thread to keep running, received its end with code ${code}${cause}`,
    );
    this.#files.threadEnded(toErrorRecord(error));
    this.#onExit?.();
    if (this.#closed === null) this.#beginLater(code, thrown);
  }

  /** `code`: that the last one ended with; null: it never began. */
  #beginLater(code: number | null, thrown: ErrorRecord | null): void {
    const { clock, log } = this.#parts;
    const delayMs = Math.min(RESTART_DELAY_MAX_MS, RESTART_DELAY_MIN_MS * 2 ** this.#deaths);
    this.#deaths++;
    log.error(
      { event: 'recordings.lost', code, err: thrown, delayMs },
      "the recordings' thread was lost; it is started again",
    );
    this.#restart = clock.setTimer(delayMs, () => {
      this.#restart = null;
      this.#beginOrLater();
    });
  }

  /** The system has no thread to give: nothing is recorded meanwhile, and it is asked again later. */
  #beginOrLater(): void {
    try {
      this.#begin();
    } catch (thrown) {
      this.#beginLater(null, toErrorRecord(thrown));
    }
  }

  async #close(): Promise<void> {
    const { clock, log } = this.#parts;
    if (this.#restart !== null) clock.clearTimer(this.#restart);
    this.#files.cutAll();
    const worker = this.#worker;
    if (worker === null) return;
    const exited = new Promise<void>((resolve) => {
      this.#onExit = resolve;
    });
    this.#port?.post({ kind: 'close' });
    this.#port?.flush();
    await new Promise<void>((resolve) => {
      const late = clock.setTimer(CLOSE_DEADLINE_MS, () => {
        const { waitingBytes } = this.counts();
        log.error(
          { event: 'recordings.lost', waitingBytes },
          'recordings were cut: the disk did not keep up',
        );
        // Not awaited: a thread that hangs in the disk ends when the disk lets it.
        void worker.terminate();
        resolve();
      });
      void exited.then(() => {
        clock.clearTimer(late);
        resolve();
      });
    });
  }
}

/**
 * Makes the folder where it is not there yet, for its owner only. `setting`: which one names it. Throws ConfigError.
 */
export function openRecordFolder(path: string, setting: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new ConfigError(
      `${setting}: expected a folder that can be written, received ${path} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  return path;
}
