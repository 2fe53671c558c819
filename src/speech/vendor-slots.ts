/**
 * How many requests a vendor is sent at once: what the plan allows, so that its 429 stays rare. Those that wait do so in
 * order; who is urgent goes first by coming first (the voice thread starts no more of the others than there are slots).
 */
import { type BulkheadPolicy, BulkheadRejectedError, bulkhead } from 'cockatiel';
import type { Clock } from '../clock.ts';
import { ProviderError } from '../errors.ts';

const WAITING_MAX = 64;

export class VendorSlots {
  readonly #provider: string;
  readonly #clock: Clock;
  readonly #bulkhead: BulkheadPolicy;

  constructor(provider: string, concurrency: number, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
    this.#bulkhead = bulkhead(concurrency, WAITING_MAX);
  }

  /**
   * Settles as `work` does, once there is a slot for it. Rejects with a `busy` ProviderError if there is none within
   * `waitMaxMs`, or too many wait; at an abort while it waits, with the signal's reason.
   */
  run<T>(work: () => Promise<T>, waitMaxMs: number, signal: AbortSignal): Promise<T> {
    const left = new AbortController();
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown): void => {
        settle();
        left.abort();
        reject(reason);
      };
      const onAbort = (): void => leave(signal.reason);
      const settle = (): void => {
        this.#clock.clearTimer(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const timer = this.#clock.setTimer(waitMaxMs, () => leave(this.#busy()));
      signal.addEventListener('abort', onAbort);
      const start = (): Promise<T> => {
        settle();
        return work();
      };
      // One that has left is skipped when its turn comes; its outcome settles a settled promise: nothing.
      this.#bulkhead
        .execute(start, left.signal)
        .catch((thrown: unknown) => {
          throw thrown instanceof BulkheadRejectedError ? this.#busy() : thrown;
        })
        .then(resolve, reject)
        .finally(settle);
    });
  }

  #busy(): ProviderError {
    return new ProviderError(`Expected a free request to ${this.#provider}, received none in time`, {
      provider: this.#provider,
      fault: 'busy',
    });
  }
}
