/**
 * What the I/O thread sees of a call worker in shared memory: that it lives, and which call it is serving. A worker that
 * stops beating is terminated, and the call that it served is the suspect. Call worker.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallId } from '../channel/messages.ts';
import { HEALTH } from '../channel/worker-start.ts';
import type { Clock } from '../clock.ts';
import { watchLoop } from '../meter/loop-lateness.ts';

/** A tenth of WORKER_STALL_MS as it comes, two fifths of the least that it can be. On an idle machine a wake-up costs some 200 us. */
const BEAT_MS = 200;

export class HealthBeat {
  readonly #cells: Int32Array;
  /** The call whose code runs, also after an await or from a timer that it set. */
  readonly #origin = new AsyncLocalStorage<CallId>();

  /** Beats from now on, every 200 ms; `loopWasLate` is told by how many milliseconds each was late. */
  constructor(memory: SharedArrayBuffer, clock: Clock, loopWasLate: (lateMs: number) => void = () => {}) {
    this.#cells = new Int32Array(memory);
    watchLoop(clock, BEAT_MS, (lateMs) => {
      this.beat();
      loopWasLate(lateMs);
    });
  }

  beat(): void {
    Atomics.add(this.#cells, HEALTH.beat, 1);
  }

  /** Runs `work` as the work of this call. May be nested: the inner call is named while it runs. */
  serve(callId: CallId, work: () => void): void {
    const outer = Atomics.exchange(this.#cells, HEALTH.callId, callId);
    try {
      this.#origin.run(callId, work);
    } finally {
      Atomics.store(this.#cells, HEALTH.callId, outer);
    }
  }

  /** For an error that no call caught: names the call that set off what threw, where that can be told, for the rest of this thread's life. */
  suspect(): void {
    const callId = this.#origin.getStore();
    if (callId !== undefined) Atomics.store(this.#cells, HEALTH.callId, callId);
  }
}
