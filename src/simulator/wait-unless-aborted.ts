import type { Clock } from '../clock.ts';

/** Resolves after `durationMs`, or at once when `signal` is aborted; never rejects. Leaves no timer and no listener. */
export function waitUnlessAborted(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || !(durationMs > 0)) {
      resolve();
      return;
    }
    const done = () => {
      clock.clearTimer(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimer(durationMs, done);
    signal.addEventListener('abort', done);
  });
}
