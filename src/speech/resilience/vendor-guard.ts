/**
 * Whether a vendor is worth asking, by how it answered lately: a circuit breaker, one a vendor and thread.
 *
 *   state      event                                        next state
 *   closed     3 failures in a row, or a `denied` one       open: `down` is told
 *   open       5 s passed (denied: 60 s), doubled each time  trial due
 *   trial due  `run`                                        half open
 *   half open  it failed                                    open
 *   half open  it answered                                  closed: `up` is told
 *
 * No caller waits for a vendor that is down: whoever asks passes it over, and when a trial is due runs one on the side.
 * What is the fault of a request (`refused`), of its volume (`busy`) or of nobody (an abort) does not count.
 */
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  circuitBreaker,
  handleWhen,
  type IBackoff,
} from 'cockatiel';
import type { Clock } from '../../clock.ts';
import { ProviderError } from '../../errors.ts';

const FAILURES_MAX = 3;
const REST_MIN_MS = 5_000;
const REST_MAX_MS = 60_000;
/** Keys, quotas and models do not come back by themselves within seconds. */
const DENIED_REST_MIN_MS = 60_000;
const DENIED_REST_MAX_MS = 600_000;

export interface VendorGuardParts {
  readonly clock: Clock;
  /** `cause` of `down`: what the last failure threw. */
  readonly onChange: (state: 'up' | 'down', cause: unknown) => void;
}

export class VendorGuard {
  readonly #policy: CircuitBreakerPolicy;
  #rest: Rest | null = null;
  /** What the last failure that counted threw. */
  #cause: unknown = null;

  constructor({ clock, onChange }: VendorGuardParts) {
    let failures = 0;
    let isDown = false;
    const policy = handleWhen((error) => {
      if (!speaksAgainstVendor(error) && !this.#isTrialInconclusive(error)) return false;
      this.#cause = error;
      return true;
    });
    this.#policy = circuitBreaker(policy, {
      halfOpenAfter: {
        next: () => {
          const [minMs, maxMs] = isDenied(this.#cause)
            ? [DENIED_REST_MIN_MS, DENIED_REST_MAX_MS]
            : [REST_MIN_MS, REST_MAX_MS];
          this.#rest = new Rest(clock, minMs, maxMs, (next) => {
            this.#rest = next;
          });
          return this.#rest;
        },
      },
      breaker: {
        state: null,
        success: () => {
          failures = 0;
        },
        failure: () => {
          failures += 1;
          return failures >= FAILURES_MAX || isDenied(this.#cause);
        },
      },
    });
    this.#policy.onBreak(() => {
      if (isDown) return;
      isDown = true;
      onChange('down', this.#cause);
    });
    this.#policy.onReset(() => {
      isDown = false;
      failures = 0;
      onChange('up', null);
    });
  }

  /** Callers may be served by it. */
  isUsable(): boolean {
    return this.#policy.state === CircuitState.Closed;
  }

  /** It is down, and has rested: the next `run` tells whether it is back. */
  isTrialDue(): boolean {
    return this.#policy.state === CircuitState.Open && this.#rest?.isOver() === true;
  }

  /** Runs `work` and takes note of how it ended. Rejects as `work` does; at once, with what it rests for, while the vendor rests. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    // cockatiel would have this one wait for the trial's outcome.
    if (this.#policy.state === CircuitState.HalfOpen) throw this.#resting();
    try {
      return await this.#policy.execute(work);
    } catch (thrown) {
      throw thrown instanceof BrokenCircuitError ? this.#resting() : thrown;
    }
  }

  #resting(): Error {
    const cause = this.#cause;
    if (!(cause instanceof ProviderError)) return new BrokenCircuitError();
    const { message, provider } = cause;
    return new ProviderError(`${message}; it is passed over until a trial succeeds`, {
      provider,
      fault: 'unusable',
    });
  }

  /** A trial proves nothing by an abort, or where our own bound or the vendor's kept it from being served. */
  #isTrialInconclusive(error: unknown): boolean {
    if (this.#policy.state !== CircuitState.HalfOpen) return false;
    return !(error instanceof ProviderError) || error.fault === 'busy';
  }
}

/**
 * How long a vendor is left alone. cockatiel measures on the wall clock, which an operator may set back by an hour: so its
 * duration is for ever, until ours, on the monotonic clock, is over.
 */
class Rest implements IBackoff<unknown> {
  readonly #clock: Clock;
  readonly #untilAtMs: number;
  readonly #durationMs: number;
  readonly #maxMs: number;
  readonly #onNext: (rest: Rest) => void;

  constructor(clock: Clock, durationMs: number, maxMs: number, onNext: (rest: Rest) => void) {
    this.#clock = clock;
    this.#durationMs = durationMs;
    this.#maxMs = maxMs;
    this.#onNext = onNext;
    this.#untilAtMs = clock.nowMs() + durationMs;
  }

  isOver(): boolean {
    return this.#clock.nowMs() >= this.#untilAtMs;
  }

  get duration(): number {
    return this.isOver() ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  next(): Rest {
    const longer = Math.min(this.#durationMs * 2, this.#maxMs);
    const rest = new Rest(this.#clock, longer, this.#maxMs, this.#onNext);
    this.#onNext(rest);
    return rest;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof ProviderError && error.fault === 'denied';
}

function speaksAgainstVendor(error: unknown): boolean {
  if (error instanceof ProviderError) return error.fault !== 'refused' && error.fault !== 'busy';
  return !(error instanceof Error && error.name === 'AbortError');
}
