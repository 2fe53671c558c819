/**
 * Whether a peer's mark echoes can be waited for. A socket that takes all we send says nothing: the kernel swallows
 * minutes of audio. So a missing mark is asked about with a ping. Decides only; the owner pings and ends. I/O thread.
 *
 *   state       event                          next state
 *   trusted     a mark is 5 s overdue          probing, `ping`
 *   probing     any mark was echoed            trusted
 *   probing     pong                           own clock: the peer lives and does not echo
 *   probing     5 s without either             probing, `dead`: the peer does not read
 *   own clock   any                            own clock, for the rest of the stream
 */

const MARK_OVERDUE_MS = 5000;
const PONG_WAIT_MAX_MS = 5000;

export type MarkTrustState =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'probing'; readonly untilAtMs: number }
  | { readonly kind: 'own clock' };

export class MarkTrust {
  #state: MarkTrustState = { kind: 'trusted' };

  get state(): MarkTrustState {
    return this.#state;
  }

  /** `dueAtMs`: of the first mark that is waited for, null if none is. `ping` is answered once for each probe. */
  check(dueAtMs: number | null, nowMs: number): 'fine' | 'ping' | 'dead' {
    if (this.#state.kind === 'probing') return nowMs < this.#state.untilAtMs ? 'fine' : 'dead';
    if (this.#state.kind === 'own clock' || dueAtMs === null || nowMs < dueAtMs + MARK_OVERDUE_MS) {
      return 'fine';
    }
    this.#state = { kind: 'probing', untilAtMs: nowMs + PONG_WAIT_MAX_MS };
    return 'ping';
  }

  /** When `check` may answer something else; `Infinity` if never. */
  checkAtMs(dueAtMs: number | null): number {
    if (this.#state.kind === 'probing') return this.#state.untilAtMs;
    if (this.#state.kind === 'own clock' || dueAtMs === null) return Number.POSITIVE_INFINITY;
    return dueAtMs + MARK_OVERDUE_MS;
  }

  /** A mark came back, of whatever generation: the peer echoes. */
  echoed(): void {
    if (this.#state.kind === 'probing') this.#state = { kind: 'trusted' };
  }

  pong(): void {
    if (this.#state.kind === 'probing') this.#state = { kind: 'own clock' };
  }
}
