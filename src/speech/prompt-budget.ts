/** The time that one prompt may take, all tries and vendors together. */
import type { Clock } from '../clock.ts';
import type { ExchangeLimits } from './prompt-maker.ts';

export interface PromptPlan {
  readonly totalMs: number;
  /** Of each exchange. */
  readonly exchangeMs: number;
  readonly stallMs: number;
  /** Of one vendor, the first included; a busy vendor counts none. */
  readonly triesMax: number;
  /** What comes of it is kept on disk. */
  readonly isKept: boolean;
}

/** Less is not worth a request. */
const EXCHANGE_MIN_MS = 250;
/** What is kept of the budget for the last vendor, which is there to speak whatever happened before. */
const RESERVE_MS = 1500;

export class PromptBudget {
  readonly plan: PromptPlan;
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #endAtMs: number;

  constructor(plan: PromptPlan, clock: Clock, signal: AbortSignal) {
    this.plan = plan;
    this.signal = signal;
    this.#clock = clock;
    this.#endAtMs = clock.nowMs() + plan.totalMs;
  }

  /** What one vendor may still use; the last one always has its reserve. */
  remainingMs(isLast: boolean): number {
    const leftMs = this.#endAtMs - this.#clock.nowMs();
    return isLast ? Math.max(RESERVE_MS, leftMs) : leftMs - RESERVE_MS;
  }

  /** An exchange can still be had `delayMs` from now. */
  hasTime(isLast: boolean, delayMs = 0): boolean {
    return this.remainingMs(isLast) - delayMs >= EXCHANGE_MIN_MS;
  }

  exchange(isLast: boolean): ExchangeLimits {
    const { exchangeMs, stallMs } = this.plan;
    return { deadlineMs: Math.min(exchangeMs, Math.max(EXCHANGE_MIN_MS, this.remainingMs(isLast))), stallMs };
  }

  /** Rejects with the signal's reason. */
  wait(delayMs: number): Promise<void> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = (): void => {
        this.#clock.clearTimer(timer);
        reject(signal.reason);
      };
      const timer = this.#clock.setTimer(delayMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
