/** A flow and its pure `step`, as a call runs it. The worker binds the two; tests write their own. */
import type { FlowAction, PromptContent } from '../flow/action.ts';
import type { FlowEvent } from '../flow/event.ts';
import type { FlowState } from '../flow/state.ts';
import type { UnreadAnswer } from '../flow/unread-answer.ts';
import type { Transition } from './committed.ts';

export interface Script {
  readonly flowHash: string;
  /** Said while something takes long. */
  readonly filler: PromptContent;
  /** What the carrier says when no prompt can be had any more. */
  readonly lastResort: string;
  initialState(): FlowState;
  /** Pure. A stale event gives the very same state and no actions. */
  step(state: FlowState, event: FlowEvent): Transition;
  /** The question behind words that no rule reads; null where there is nothing to ask about. */
  unread(state: FlowState, text: string): UnreadAnswer | null;
  /** What a call that comes back in this state has left to do: it was lost before or during its goodbye. Null: it goes on. */
  closingActions(state: FlowState): readonly FlowAction[] | null;
}
