/**
 * Callers who have waited once and ask again while there is no server: their requests stay open, so that they are sent on
 * the moment there is one, and so that five asks last for a start of 50 s. Bounded in number and time.
 */
import type { Clock } from '../clock.ts';

/** Twilio reads for 15 s; what a slow network and a busy machine add to this must fit. */
export const HOLD_MAX_MS = 8000;
/** One for each call that a server of this machine may have lost. */
export const HELD_MAX = 1500;

/** `served`: a server listens. `over`: none came in time or will come, or too many are held. */
export type HeldEnd = 'served' | 'over';

export class HeldAsks {
  readonly #clock: Clock;
  readonly #held = new Set<(why: HeldEnd) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests that wait. */
  get count(): number {
    return this.#held.size;
  }

  /** `answer` runs once: at `end`, after `HOLD_MAX_MS`, or at once where there is no place. The result forgets it unanswered. */
  hold(answer: (why: HeldEnd) => void): () => void {
    if (this.#held.size >= HELD_MAX) {
      answer('over');
      return () => {};
    }
    const leave = (): void => {
      this.#clock.clearTimer(timer);
      this.#held.delete(finish);
    };
    const finish = (why: HeldEnd): void => {
      leave();
      answer(why);
    };
    const timer = this.#clock.setTimer(HOLD_MAX_MS, () => finish('over'));
    this.#held.add(finish);
    return leave;
  }

  /** Answers all. */
  end(why: HeldEnd): void {
    for (const finish of [...this.#held]) finish(why);
  }
}
