/** A flow as a call runs it. Call worker. */
import type { CallStart } from '../channel/messages.ts';
import { closingActionsOf } from '../flow/closing-action.ts';
import type { Flow } from '../flow/flow.ts';
import { initialState } from '../flow/initial-state.ts';
import { step } from '../flow/step.ts';
import { systemPrompts } from '../flow/system-prompts.ts';
import { unreadAnswer } from '../flow/unread-answer.ts';
import type { Script } from './script.ts';

export function scriptOf(flow: Flow, call: Pick<CallStart, 'from' | 'to' | 'dialed'>): Script {
  return {
    flowHash: flow.hash,
    filler: systemPrompts(flow).filler,
    lastResort: flow.messages.failure,
    unread: (state, text) => unreadAnswer(flow, state, text),
    initialState: () => initialState(flow, { ...call, variables: call.dialed?.variables ?? {} }),
    step: (state, event) => step(flow, state, event),
    closingActions: (state) => closingActionsOf(flow, state),
  };
}
