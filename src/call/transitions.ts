/**
 * A call's state and how it changes, one transition at a time: events wait in order, each steps the flow, and the next one
 * waits until what came of it is committed. Not what actions mean. Call worker; `Call` owns it.
 *
 *     enqueue -> waiting events -> step -> commit -> onCommitted
 *                      ^                                |
 *                      `---- the next event, when it is answered
 */
import type { TurnRecord } from '../channel/store-messages.ts';
import { CapacityError } from '../errors.ts';
import type { FlowAction } from '../flow/action.ts';
import type { FlowEvent } from '../flow/event.ts';
import type { FlowState } from '../flow/state.ts';
import type { CallStore } from '../store/call-store.ts';
import { Committed, type Transition } from './committed.ts';
import type { Script } from './script.ts';

/** Events that wait while a commit (at most 250 ms) is out; a person makes no more. */
const WAITING_EVENTS_MAX = 32;

export interface TransitionsParts {
  readonly call: { readonly callSid: string; readonly attempt: number; readonly move: number };
  readonly store: Pick<CallStore, 'commit'>;
  readonly script: Script;
  /** The turn that an event closes, kept together with what came of it; null: none. */
  readonly turnOf: (event: FlowEvent, actions: readonly FlowAction[]) => TurnRecord | null;
  /** Runs what a commit brings back, as code of this call. */
  readonly enter: (work: () => void) => void;
  /** This is being committed: whoever takes the call over must know of it before the store can. */
  readonly onStepped: (state: FlowState) => void;
  /** `event` null: of what was owed. */
  readonly onCommitted: (committed: Committed, before: FlowState, event: FlowEvent | null) => void;
  /** The event changed nothing, and nothing is to be done. */
  readonly onUnchanged: (event: FlowEvent) => void;
}

export class Transitions {
  readonly #parts: TransitionsParts;
  readonly #events: FlowEvent[] = [];
  #state: FlowState;
  #isCommitting = false;
  #isStopped = false;

  constructor(state: FlowState, parts: TransitionsParts) {
    this.#state = state;
    this.#parts = parts;
  }

  get state(): FlowState {
    return this.#state;
  }

  get hasWaiting(): boolean {
    return this.#events.length > 0;
  }

  /** Throws what a step throws, or CapacityError. */
  enqueue(event: FlowEvent): void {
    if (this.#events.length >= WAITING_EVENTS_MAX) {
      throw new CapacityError(`Expected at most ${WAITING_EVENTS_MAX} waiting events, received one more`);
    }
    this.#events.push(event);
    this.#stepNext();
  }

  /** Commits the state as it is, for actions that are owed in it. Call first, in place of an event. */
  owe(actions: readonly FlowAction[]): void {
    this.#commit({ state: this.#state, actions }, null);
  }

  /** Forgets events that wait. */
  dropWaiting(): void {
    this.#events.length = 0;
  }

  /** Nothing steps any more, and a commit that is out is answered to nobody. Idempotent. */
  stop(): void {
    this.dropWaiting();
    this.#isStopped = true;
  }

  #stepNext(): void {
    const { onUnchanged, script, turnOf } = this.#parts;
    while (!this.#isCommitting && !this.#isStopped) {
      const event = this.#events.shift();
      if (event === undefined) return;
      const transition = script.step(this.#state, event);
      if (transition.state === this.#state && transition.actions.length === 0) {
        onUnchanged(event);
        continue;
      }
      this.#commit(transition, event, turnOf(event, transition.actions));
    }
  }

  #commit(transition: Transition, event: FlowEvent | null, turn: TurnRecord | null = null): void {
    const { call, enter, onStepped, store } = this.#parts;
    this.#isCommitting = true;
    onStepped(transition.state);
    Committed.commit(store, call, transition, turn).then(
      (committed) => enter(() => this.#take(committed, event)),
      (thrown: unknown) =>
        enter(() => {
          throw thrown;
        }),
    );
  }

  #take(committed: Committed, event: FlowEvent | null): void {
    if (this.#isStopped) return;
    const before = this.#state;
    this.#state = committed.state;
    this.#isCommitting = false;
    this.#parts.onCommitted(committed, before, event);
    this.#stepNext();
  }
}
