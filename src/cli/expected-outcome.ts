/** Where a flow ends for a demo caller whose every word is understood: what the demo's call is held against. */

import type { FlowEvent } from '../flow/event.ts';
import type { Flow } from '../flow/flow.ts';
import { initialState } from '../flow/initial-state.ts';
import type { FlowState } from '../flow/state.ts';
import { step } from '../flow/step.ts';
import { DemoCaller } from './demo-caller.ts';

/** More turns than any flow has tries; a flow always ends (`load-flow.ts` checks it). */
const TURNS_MAX = 1000;

export function expectedOutcome(
  flow: Flow,
  answers: readonly string[],
  call: { from: string; to: string },
): FlowState {
  const caller = new DemoCaller(flow, answers);
  const facts = { ...call, variables: {} };
  let state = step(flow, initialState(flow, facts), { kind: 'started', ...facts }).state;
  for (let turn = 0; turn < TURNS_MAX && state.phase === 'asking'; turn++) {
    state = step(flow, state, toEvent(caller, state)).state;
  }
  return state;
}

function toEvent(caller: DemoCaller, { nodeId, listenId }: FlowState): FlowEvent {
  const answer = caller.answer(nodeId);
  switch (answer.kind) {
    case 'silence':
      return { kind: 'no.input', listenId };
    case 'say':
      return { kind: 'answered', listenId, by: 'speech', text: answer.text };
    case 'press':
      return { kind: 'answered', listenId, by: 'digits', text: answer.keys };
  }
}
