/** What the disk takes for a small durable write, measured all along a run by a thread of its own. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DiskWrite } from './beyond-disk.ts';

export class DiskProbe {
  readonly #worker: Worker;
  readonly #ended: Promise<unknown>;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#ended = once(worker, 'exit');
  }

  /** `folder`: on the disk in question. Rejects where nothing can be written there. */
  static async start(folder: string, onWrite: (write: DiskWrite) => void): Promise<DiskProbe> {
    const worker = new Worker(new URL('./disk-probe-worker.ts', import.meta.url), { workerData: { folder } });
    worker.on('message', onWrite);
    // The first write is told, or the error that there was.
    await once(worker, 'message');
    worker.on('error', () => {});
    return new DiskProbe(worker);
  }

  /** Resolves when its file is gone; idempotent. */
  async close(): Promise<void> {
    this.#worker.postMessage('close');
    await this.#ended;
  }
}
