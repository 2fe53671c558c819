/**
 * Workers of one call each, for calls that a worker was lost over. Started when one is needed, closed when its call has
 * left; never replaced, and never given a second call. Bounded: a fault that hits more calls than this at once is no
 * single poisoned call, and those beyond it are told goodbye. I/O thread.
 *
 *   free --take--> taken --release--> lingering --500 ms--> free
 *                     \                   \
 *                      '-------------------'--lost--> free
 */
import type { CallId } from '../channel/messages.ts';
import type { Clock, Timer } from '../clock.ts';
import type { WatchedWorker } from './watched-worker.ts';

/** A call worker takes some 40 MB, and for no longer than its one call lasts. */
const QUARANTINE_WORKERS_MAX = 4;
/** The call is told of its end and commits a last time, within 250 ms. */
const LINGER_MS = 500;

interface Cell {
  readonly callId: CallId;
  readonly worker: WatchedWorker;
  linger: Timer | null;
}

export class Quarantine {
  readonly #clock: Clock;
  readonly #firstIndex: number;
  readonly #cells: (Cell | null)[] = Array.from({ length: QUARANTINE_WORKERS_MAX }, () => null);

  /** `firstIndex`: of these workers, after those of the pool. */
  constructor(clock: Clock, firstIndex: number) {
    this.#clock = clock;
    this.#firstIndex = firstIndex;
  }

  /** Workers that run. */
  get size(): number {
    return this.#cells.filter((cell) => cell !== null).length;
  }

  has(callId: CallId): boolean {
    return this.#cells.some((cell) => cell?.callId === callId);
  }

  /** Starts a worker for the call. False when every one is taken. */
  take(callId: CallId, start: (index: number) => WatchedWorker): boolean {
    const free = this.#cells.indexOf(null);
    if (free < 0) return false;
    this.#cells[free] = { callId, worker: start(this.#firstIndex + free), linger: null };
    return true;
  }

  /** The call has ended: its worker goes too, when the call has had the time to. No-op for a call that has none. */
  release(callId: CallId): void {
    const cell = this.#cells.find((each) => each?.callId === callId);
    if (cell == null || cell.linger !== null) return;
    cell.linger = this.#clock.setTimer(LINGER_MS, () => {
      this.#free(cell);
      void cell.worker.close();
    });
  }

  /** The worker has gone by itself. */
  lost(worker: WatchedWorker): void {
    const cell = this.#cells.find((each) => each?.worker === worker);
    if (cell != null) this.#free(cell);
  }

  /** Resolves when the threads have gone. Idempotent. */
  async close(): Promise<void> {
    const cells = this.#cells.filter((cell) => cell !== null);
    for (const cell of cells) this.#free(cell);
    await Promise.all(cells.map(({ worker }) => worker.close()));
  }

  #free(cell: Cell): void {
    if (cell.linger !== null) this.#clock.clearTimer(cell.linger);
    cell.linger = null;
    const at = this.#cells.indexOf(cell);
    if (at >= 0) this.#cells[at] = null;
  }
}
