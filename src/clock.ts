/**
 * Time for everything that waits. Production uses `systemClock`; tests hand in a clock they advance by hand
 * (`test/support/fake-clock.ts`). No other file calls `Date.now`, `performance.now` or `setTimeout`.
 */

/** A pending timer. Opaque; give it back to `clearTimer`. */
export interface Timer {
  readonly dueAtMs: number;
}

export interface Clock {
  /** Monotonic milliseconds with fractions, from an arbitrary origin. For durations and deadlines. */
  nowMs(): number;
  /** Wall-clock milliseconds since the Unix epoch. For records and token expiry only. */
  wallMs(): number;
  /** Runs `callback` once, no earlier than `delayMs` from now. A pending timer keeps no process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Idempotent: a timer that has run or was cleared is ignored. */
  clearTimer(timer: Timer): void;
}

/**
 * The wall clock as it would be if nobody set it from now on: the difference of two readings is the time between them. For
 * what is as long as a call. It follows no step of the system's clock, so nothing that lives longer should keep one.
 */
export function steadyWall(clock: Pick<Clock, 'nowMs' | 'wallMs'>): () => number {
  const aheadMs = clock.wallMs() - clock.nowMs();
  return () => clock.nowMs() + aheadMs;
}

interface SystemTimer extends Timer {
  readonly handle: NodeJS.Timeout;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs, callback): SystemTimer {
    const handle = setTimeout(callback, delayMs);
    handle.unref();
    return { dueAtMs: performance.now() + delayMs, handle };
  },
  clearTimer(timer) {
    clearTimeout((timer as SystemTimer).handle);
  },
};
