/**
 * `GET /healthz`: the event loop turns. `GET /readyz`: new calls may be sent here, and if not, why. For balancers and
 * people; says nothing that a stranger may not know. I/O thread.
 */
import type { RecordFiles } from '../recordings/record-files.ts';
import type { Capacity } from './call-limit.ts';
import type { Exchange } from './exchange.ts';
import type { Readiness } from './readiness.ts';
import type { VendorHealthBoard } from './vendor-health.ts';

export interface HealthSources {
  readonly readiness: Readiness;
  readonly workers: { readonly readyCount: number; readonly workerCount: number };
  readonly isVoiceReady: () => boolean;
  readonly capacity: () => Capacity;
  readonly storeHealth: () => StoreHealth;
  readonly vendors: Pick<VendorHealthBoard, 'report'>;
  readonly recordings?: Pick<RecordFiles, 'counts'> | null;
  /** Lines of the log that nobody took: a full disk or a reader that stands still is told of here, if nowhere else. */
  readonly lostLogLines: () => number;
}

export interface StoreHealth {
  readonly engine: string;
  /** The store's thread runs; without it no record is kept. */
  readonly isAlive: boolean;
  /** The last write was durable. Calls are taken either way. */
  readonly isDurable: boolean;
  /** Commits that wait in memory. */
  readonly deferredCommits: number;
  /** Writes of this thread that were given up. */
  readonly lostWrites: number;
}

export class Health {
  readonly #sources: HealthSources;

  constructor(sources: HealthSources) {
    this.#sources = sources;
  }

  live(exchange: Exchange): void {
    answerJson(exchange, '200 OK', { status: 'ok' });
  }

  ready(exchange: Exchange): void {
    const { capacity, readiness, workers, isVoiceReady, recordings, storeHealth, vendors, lostLogLines } =
      this.#sources;
    const isVoiceUp = isVoiceReady();
    const store = storeHealth();
    const reasons: string[] = [];
    if (readiness.leaving !== 'no') reasons.push('draining');
    if (workers.readyCount === 0) reasons.push('no call worker is ready');
    if (!isVoiceUp) reasons.push('the voice is not ready');
    if (!store.isAlive) reasons.push('the call store is gone');
    const isReady = reasons.length === 0;
    answerJson(exchange, isReady ? '200 OK' : '503 Service Unavailable', {
      ready: isReady,
      reasons,
      workers: { ready: workers.readyCount, wanted: workers.workerCount },
      voice: { ready: isVoiceUp },
      // Full is no reason: who comes is told so at once, and the next slot may be free in a second.
      capacity: capacity(),
      store,
      // A vendor that is down is no reason: the next one serves.
      speech: vendors.report(),
      // Nor is a recording that was lost: calls go on without.
      ...(recordings == null ? {} : { recordings: recordings.counts() }),
      log: { lostLines: lostLogLines() },
      draining: readiness.leaving !== 'no',
    });
  }
}

function answerJson(exchange: Exchange, status: string, body: object): void {
  exchange.answer({ status, contentType: 'application/json', body: `${JSON.stringify(body)}\n` });
}
