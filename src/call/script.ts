/** A flow and its pure `step`, as a call runs it. The worker binds the two; tests write their own. */
import type { FlowEvent } from '../flow/event.ts';
import type { FlowState } from '../flow/state.ts';
import type { Transition } from './committed.ts';

export interface Script {
  readonly flowHash: string;
  initialState(): FlowState;
  /** Pure. A stale event gives the very same state and no actions. */
  step(state: FlowState, event: FlowEvent): Transition;
}
