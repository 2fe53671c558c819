/**
 * What the I/O thread sees of a call worker in shared memory: that it lives, and which call it is serving. A worker that
 * stops beating is terminated, and the call that it served is the suspect. Call worker.
 */
import type { CallId } from '../channel/messages.ts';
import { HEALTH } from '../channel/worker-start.ts';
import type { Clock } from '../clock.ts';

/** A twentieth of the shortest stall that ends a worker (WORKER_STALL_MS 2000). */
const BEAT_MS = 100;

export class HealthBeat {
  readonly #cells: Int32Array;
  readonly #clock: Clock;

  /** Beats from now on, every 100 ms. */
  constructor(memory: SharedArrayBuffer, clock: Clock) {
    this.#cells = new Int32Array(memory);
    this.#clock = clock;
    this.#beatLater();
  }

  beat(): void {
    Atomics.add(this.#cells, HEALTH.beat, 1);
  }

  /** Runs `work` as the work of this call. May be nested: the inner call is named while it runs. */
  serve(callId: CallId, work: () => void): void {
    const outer = Atomics.exchange(this.#cells, HEALTH.callId, callId);
    try {
      work();
    } finally {
      Atomics.store(this.#cells, HEALTH.callId, outer);
    }
  }

  #beatLater(): void {
    this.#clock.setTimer(BEAT_MS, () => {
      this.beat();
      this.#beatLater();
    });
  }
}
