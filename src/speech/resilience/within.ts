/** A deadline around one exchange with a vendor, whatever the vendor's code does with its signal. */
import type { Clock } from '../../clock.ts';
import { DeadlineError } from '../../errors.ts';

/**
 * Settles as `work` does, or rejects with DeadlineError after `deadlineMs`, or with the reason of `outer`; the signal that
 * `work` was given is then aborted for the same reason. What `work` does after that is nobody's.
 */
export function within<T>(
  clock: Clock,
  deadlineMs: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const abort = new AbortController();
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clock.clearTimer(timer);
      outer?.removeEventListener('abort', onAbort);
    };
    const giveUp = (reason: unknown): void => {
      settle();
      abort.abort(reason);
      reject(reason);
    };
    const onAbort = (): void => giveUp(outer?.reason);
    const timer = clock.setTimer(deadlineMs, () =>
      giveUp(new DeadlineError(`Expected ${what} within ${Math.round(deadlineMs)} ms`)),
    );
    if (outer?.aborted === true) {
      onAbort();
      return;
    }
    outer?.addEventListener('abort', onAbort);
    // An outcome that comes after giving up settles a settled promise: nothing.
    work(abort.signal).then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}
