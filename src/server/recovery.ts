/**
 * What is done for a call whose worker was lost, or whose own code threw. One for each stream of a call. Not how it is
 * done: that is `live-call.ts`. Pure.
 *
 *   what happened                          before it                      then
 *   its worker was lost                    fewer than 3 in vain           move: on to any other worker
 *   its worker was lost while serving it   the same, never suspected      isolate: on to a worker of its own
 *   the worker of its own was lost         any                            goodbye
 *   its code threw                         the same, never thrown         remake: where it is
 *   its code threw                         thrown before                  goodbye
 *   any of these                           3 in vain                      goodbye
 *
 * A new beginning is in vain until the caller gets on: a leak that nobody can be charged with loses workers again and again,
 * and those who are moved each time but answer in between are not to hear goodbye for it. The flow counts alike (`resumes` in
 * its state), over all streams of a call and in every process. This count is for what the flow cannot see: a call that is lost
 * again before it has come to its first question.
 */
export type RecoveryStep = 'move' | 'isolate' | 'remake' | 'goodbye';

/** New beginnings in a row. As many as the flow allows a call, so that neither bound is passed by way of the other. */
const IN_VAIN_MAX = 3;

export class Recovery {
  #beginnings = 0;
  /** Of these, those since the caller last got on. */
  #inVain = 0;
  #hasAsked = false;
  #isIsolated = false;
  #hasThrown = false;

  /** All new beginnings so far: `CallStart.move`. */
  get beginnings(): number {
    return this.#beginnings;
  }

  /** `isSuspect`: the worker was serving this call when it was lost. */
  workerLost(isSuspect: boolean): RecoveryStep {
    // Nobody else was on a worker of its own: whatever happened there, this call was all that it did.
    if (this.#isIsolated) return 'goodbye';
    this.#isIsolated = isSuspect;
    return this.#beginAnew(isSuspect ? 'isolate' : 'move');
  }

  codeThrew(): RecoveryStep {
    if (this.#hasThrown) return 'goodbye';
    this.#hasThrown = true;
    return this.#beginAnew('remake');
  }

  /** The call commits a transition. The first after a new beginning is that beginning's own, its question asked again. */
  committed(): void {
    if (this.#hasAsked) this.#inVain = 0;
    this.#hasAsked = true;
  }

  #beginAnew(step: RecoveryStep): RecoveryStep {
    if (this.#inVain >= IN_VAIN_MAX) return 'goodbye';
    this.#inVain += 1;
    this.#beginnings += 1;
    this.#hasAsked = false;
    return step;
  }
}
