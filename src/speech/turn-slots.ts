/**
 * How many utterances of one worker are with one recognizer at once. Who comes first is served first, but a call that has a
 * place gets a second only when no other call waits: one that speaks again, or was heard in a pause, puts nobody back. Who
 * finds too many waiting, or waits too long, is told at once, so that the call goes on by the next vendor or the keypad.
 *
 *   run --a place is free--> works --ends--> the place goes to the first that waits whose call has none, else to the first
 *    '----none-------------> waits --too long, or too many--> CapacityError
 *                              '-----aborted--> the signal's reason
 */
import type { CallId } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { CapacityError } from '../errors.ts';

export interface TurnSlotsParts {
  readonly clock: Clock;
  /** For errors. */
  readonly provider: string;
  /** Utterances at once. */
  readonly places: number;
  readonly waitingMax: number;
  /**
   * The work keeps this thread: the loop turns once between one and the next, so that a rush of answers holds up neither
   * other calls nor the beat by which the worker shows that it lives.
   */
  readonly isBlocking: boolean;
}

interface Waiting {
  readonly owner: CallId | null;
  readonly go: () => void;
}

export class TurnSlots {
  readonly #parts: TurnSlotsParts;
  /** Whose utterances are being worked on; null: nobody's in particular. */
  readonly #working: (CallId | null)[] = [];
  /** In the order in which they came. */
  readonly #waiting: Waiting[] = [];

  constructor(parts: TurnSlotsParts) {
    this.#parts = parts;
  }

  /** Utterances that have a place, and that wait for one. */
  counts(): { readonly working: number; readonly waiting: number } {
    return { working: this.#working.length, waiting: this.#waiting.length };
  }

  /**
   * Settles as `work` does, once there is a place for it. Rejects with CapacityError where there is none within `waitMaxMs`
   * or too many wait, and at an abort while it waits with the signal's reason.
   */
  async run<T>(
    owner: CallId | null,
    work: () => Promise<T>,
    waitMaxMs: number,
    signal: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    if (this.#working.length < this.#parts.places) this.#working.push(owner);
    else await this.#wait(owner, waitMaxMs, signal);
    try {
      return await work();
    } finally {
      if (this.#parts.isBlocking) setImmediate(() => this.#leave(owner));
      else this.#leave(owner);
    }
  }

  /** Resolves with a place taken. */
  #wait(owner: CallId | null, waitMaxMs: number, signal: AbortSignal): Promise<void> {
    const { clock, provider, waitingMax } = this.#parts;
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= waitingMax) {
        reject(full(`at most ${waitingMax} utterances to wait for ${provider}, received one more`));
        return;
      }
      const settle = (): void => {
        clock.clearTimer(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        owner,
        go: () => {
          settle();
          this.#working.push(owner);
          resolve();
        },
      };
      const giveUp = (reason: unknown): void => {
        settle();
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(reason);
      };
      const onAbort = (): void => giveUp(signal.reason);
      const timer = clock.setTimer(waitMaxMs, () =>
        giveUp(full(`${provider} to be free for an utterance within ${Math.round(waitMaxMs)} ms`)),
      );
      signal.addEventListener('abort', onAbort);
      this.#waiting.push(waiting);
    });
  }

  #leave(owner: CallId | null): void {
    this.#working.splice(this.#working.indexOf(owner), 1);
    const first = this.#waiting.findIndex((one) => one.owner === null || !this.#working.includes(one.owner));
    const [next] = this.#waiting.splice(Math.max(0, first), 1);
    next?.go();
  }
}

function full(expected: string): CapacityError {
  return new CapacityError(`Expected ${expected}; the turn goes on without it`);
}
