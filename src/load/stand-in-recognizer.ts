/** The stand-in recognizer on a thread of this process: what the server under load sends its utterances to. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface StandInCounts {
  readonly accepted: number;
  /** Requests that the real vendor would reject. */
  readonly rejected: number;
  /** Utterances with no whole word of one caller in them. */
  readonly unclear: number;
}

const ANSWER_MAX_MS = 10_000;

export class StandInRecognizer {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly #worker: Worker;

  private constructor(worker: Worker, at: { readonly baseUrl: string; readonly apiKey: string }) {
    this.#worker = worker;
    this.baseUrl = at.baseUrl;
    this.apiKey = at.apiKey;
  }

  /** `latencyMs`: from a request's last byte to its answer. `port`: 0 takes a free one. */
  static async start(latencyMs: number, port = 0): Promise<StandInRecognizer> {
    const workerData = { latencyMs, port };
    const worker = new Worker(new URL('./stand-in-worker.ts', import.meta.url), { workerData });
    const [at] = await once(worker, 'message', { signal: AbortSignal.timeout(ANSWER_MAX_MS) });
    return new StandInRecognizer(worker, at);
  }

  async counts(): Promise<StandInCounts> {
    const answer = once(this.#worker, 'message', { signal: AbortSignal.timeout(ANSWER_MAX_MS) });
    this.#worker.postMessage('counts');
    const [counts] = await answer;
    return counts as StandInCounts;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
