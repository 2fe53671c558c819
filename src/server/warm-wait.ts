/**
 * Holds a webhook's answer back while the server warms up: a caller who is told to wait is gone for 2 s, and after a restart
 * the first worker is often ready within less. One timer for all that wait; each waits for `waitMaxMs` at most. I/O thread.
 */
import type { Clock } from '../clock.ts';
import type { Readiness } from './readiness.ts';

const LOOK_MS = 25;
/** More are told to wait at once. */
const WAITING_MAX = 5000;

export interface WarmWaitOptions {
  readonly clock: Clock;
  readonly readiness: Readiness;
  /** Far below the 15 s after which Twilio gives up. 0 never holds anything back. */
  readonly waitMaxMs: number;
}

interface Waiting {
  readonly untilMs: number;
  readonly go: () => void;
}

export class WarmWait {
  readonly #options: WarmWaitOptions;
  /** In order of their end. */
  #waiting: Waiting[] = [];

  constructor(options: WarmWaitOptions) {
    this.#options = options;
  }

  /** Resolves when the server is warm or leaves, at the latest after `waitMaxMs`; never rejects. */
  wait(): Promise<void> {
    const { clock, readiness, waitMaxMs } = this.#options;
    const isPointless = readiness.isWarm || readiness.leaving !== 'no' || waitMaxMs === 0;
    if (isPointless || this.#waiting.length >= WAITING_MAX) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ untilMs: clock.nowMs() + waitMaxMs, go: resolve });
      if (this.#waiting.length === 1) this.#lookLater();
    });
  }

  #lookLater(): void {
    this.#options.clock.setTimer(LOOK_MS, () => {
      const { clock, readiness } = this.#options;
      const isOver = readiness.isWarm || readiness.leaving !== 'no';
      const nowMs = clock.nowMs();
      const done = this.#waiting.filter(({ untilMs }) => isOver || untilMs <= nowMs);
      this.#waiting = this.#waiting.slice(done.length);
      for (const { go } of done) go();
      if (this.#waiting.length > 0) this.#lookLater();
    });
  }
}
