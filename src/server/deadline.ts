/** A bound on a wait for something that has none of its own, or whose own we do not rely on. Any thread. */
import type { Clock } from '../clock.ts';

/** What became of it. Never rejects. The promise itself goes on; who needs its late result listens to it. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly thrown: unknown }
  | { readonly kind: 'late' };

export function withinDeadline<T>(clock: Clock, delayMs: number, promise: Promise<T>): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(delayMs, () => resolve({ kind: 'late' }));
    promise.then(
      (value) => {
        clock.clearTimer(timer);
        resolve({ kind: 'done', value });
      },
      (thrown: unknown) => {
        clock.clearTimer(timer);
        resolve({ kind: 'failed', thrown });
      },
    );
  });
}
