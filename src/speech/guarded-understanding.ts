/**
 * An understanding that costs a caller no more than its deadline, and nothing while its vendor is down: whatever goes wrong,
 * the answer stays unclear and the caller is asked again. Runs in the call workers.
 */
import type { Clock } from '../clock.ts';
import { DeadlineError } from '../errors.ts';
import type { VendorGuard } from './resilience/vendor-guard.ts';
import type { VendorTally } from './resilience/vendor-tally.ts';
import { within } from './resilience/within.ts';
import type { AskedQuestion, Understanding } from './understanding.ts';

/** On top of the recognizer's time: with a filler at 2.5 s the caller is still there. */
const DEADLINE_MAX_MS = 2500;

export interface GuardedUnderstandingParts {
  readonly understanding: Understanding;
  readonly guard: VendorGuard;
  readonly clock: Clock;
  readonly apiDeadlineMs: number;
  readonly tally: VendorTally;
}

export class GuardedUnderstanding implements Understanding {
  readonly provider: string;
  readonly #parts: GuardedUnderstandingParts;

  constructor(parts: GuardedUnderstandingParts) {
    this.#parts = parts;
    this.provider = parts.understanding.provider;
  }

  /** Null for unclear, for a failure, and at the signal's abort. Never rejects. */
  async understand(question: AskedQuestion, transcript: string, signal: AbortSignal): Promise<string | null> {
    const { guard, tally } = this.#parts;
    if (!guard.isUsable()) {
      tally.count('understanding', this.provider, 'skipped');
      // On the side: whether the vendor is back nobody waits for.
      if (guard.isTrialDue()) void this.#ask(question, transcript, new AbortController().signal);
      return null;
    }
    return this.#ask(question, transcript, signal);
  }

  async #ask(question: AskedQuestion, transcript: string, signal: AbortSignal): Promise<string | null> {
    const { apiDeadlineMs, clock, guard, tally, understanding } = this.#parts;
    const deadlineMs = Math.min(apiDeadlineMs, DEADLINE_MAX_MS);
    try {
      const answer = await guard.run(() =>
        within(
          clock,
          deadlineMs,
          `an understanding from ${this.provider}`,
          (inner) => understanding.understand(question, transcript, inner),
          signal,
        ),
      );
      tally.count('understanding', this.provider, 'ok');
      return answer;
    } catch (failure) {
      const outcome = signal.aborted ? 'withdrawn' : failure instanceof DeadlineError ? 'late' : 'failed';
      tally.count('understanding', this.provider, outcome);
      return null;
    }
  }
}
