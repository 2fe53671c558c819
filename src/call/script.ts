/** A flow and its pure `step`, as a call runs it. The worker binds the two; tests write their own. */
import type { FlowAction } from '../flow/action.ts';
import type { FlowEvent } from '../flow/event.ts';
import type { FlowState } from '../flow/state.ts';
import type { Transition } from './committed.ts';

export interface Script {
  readonly flowHash: string;
  initialState(): FlowState;
  /** Pure. A stale event gives the very same state and no actions. */
  step(state: FlowState, event: FlowEvent): Transition;
  /** What a call that comes back in this state has left to do: it was lost during its goodbye. Null: it goes on. */
  closingAction(state: FlowState): FlowAction | null;
}
