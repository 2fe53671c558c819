/**
 * What a caller may be told: actions that exist only because the state behind them was committed. There is no other
 * way to one of these than `commit`, so code that acts on a transition that a crash could forget does not compile.
 */
import type { TurnRecord } from '../channel/store-messages.ts';
import type { FlowAction } from '../flow/action.ts';
import type { FlowState } from '../flow/state.ts';
import type { CallStore, CommitResult, Decided } from '../store/call-store.ts';

/** What one step of a flow gives. */
export interface Transition {
  readonly state: FlowState;
  readonly actions: readonly FlowAction[];
}

/** Its fields are private, and not only its constructor: otherwise anything of its shape would pass for one. */
export class Committed {
  readonly #transition: Transition;
  readonly #result: CommitResult;

  private constructor(transition: Transition, result: CommitResult) {
    this.#transition = transition;
    this.#result = result;
  }

  get state(): FlowState {
    return this.#transition.state;
  }

  get actions(): readonly FlowAction[] {
    return this.#transition.actions;
  }

  /** `deferred`: the caller is served all the same, and a crash may forget this. The store's client counts them. */
  get result(): CommitResult {
    return this.#result;
  }

  /** `turn`: what the transition closed. Settles within 250 ms, as the store promises. Rejects only on a defect of the store's client. */
  static async commit(
    store: Pick<CallStore, 'commit'>,
    call: { readonly callSid: string; readonly attempt: number; readonly move: number },
    transition: Transition,
    turn: TurnRecord | null = null,
  ): Promise<Committed> {
    const { outcome, answers } = transition.state;
    const transfer = transition.actions.find((action) => action.kind === 'transfer');
    const optsOut = transition.actions.some((action) => action.kind === 'opt-out');
    const decided: Decided = {
      outcome,
      answers,
      ...(transfer === undefined ? {} : { transfer: transfer.transfer }),
      ...(optsOut ? { optsOut } : {}),
      ...(turn === null ? {} : { turn }),
    };
    const result = await store.commit(call.callSid, call.attempt, transition.state, decided, call.move);
    return new Committed(transition, result);
  }
}
