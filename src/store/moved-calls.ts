/**
 * Which calls were made anew on another worker within one attempt, so that what the lost worker had still sent cannot
 * undo what the new one has committed: the two come on different ports, and a busy store thread may read the newer first.
 * Lives with the store thread, since both are in one process; between processes the attempt fences. Bounded.
 */
import type { StoreWrite } from '../channel/store-messages.ts';

type Commit = Extract<StoreWrite, { kind: 'commit' }>;

/** A lost worker's last commit is seconds late at most; so many calls are not moved in that time. */
const CALLS_MAX = 10_000;

export class MovedCalls {
  /** Call -> the newest attempt and move that committed; in order of the last change. Calls that were never moved are not kept. */
  readonly #newest = new Map<string, { readonly attempt: number; readonly move: number }>();

  /** False: the call has been moved since, and this must not be written. */
  admit({ attempt, callSid, move = 0 }: Commit): boolean {
    const newest = this.#newest.get(callSid);
    if (newest !== undefined && newest.attempt === attempt && move < newest.move) return false;
    if (move > 0 && (newest?.attempt !== attempt || newest.move !== move))
      this.#keep(callSid, { attempt, move });
    return true;
  }

  #keep(callSid: string, newest: { attempt: number; move: number }): void {
    this.#newest.delete(callSid);
    this.#newest.set(callSid, newest);
    if (this.#newest.size <= CALLS_MAX) return;
    for (const oldest of this.#newest.keys()) {
      this.#newest.delete(oldest);
      return;
    }
  }
}
