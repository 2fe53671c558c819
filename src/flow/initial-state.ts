/** The state a call begins with. */
import type { Flow } from './flow.ts';
import type { Answers, AnswerValue, FlowState } from './state.ts';

/** What a call brings: its numbers (E.164, or empty) and values for the flow's variables. */
export interface CallFacts {
  readonly from: string;
  readonly to: string;
  readonly variables: Answers;
}

/** Longest value of a text variable, as in the file's format. */
const VALUE_CHARACTERS_MAX = 200;

/** Before the first event. Variables that the flow does not know, or of another kind than their default, are left out. */
export function initialState(flow: Flow, call: CallFacts): FlowState {
  return {
    flowHash: flow.hash,
    nodeId: flow.start,
    phase: 'asking',
    variables: callVariables(flow, flow.variables, call),
    answers: {},
    outcome: null,
    noInputCount: 0,
    noMatchCount: 0,
    repeatCount: 0,
    listenId: 0,
    nextPlayId: 1,
    turnIndex: 0,
    resumes: 0,
  };
}

/** `base` with what the call brings. */
export function callVariables(flow: Flow, base: Answers, call: CallFacts): Answers {
  const values: Record<string, AnswerValue> = { ...base };
  for (const [name, fallback] of Object.entries(flow.variables)) {
    const given = Object.hasOwn(call.variables, name) ? call.variables[name] : undefined;
    if (given === undefined || typeof given !== typeof fallback) continue;
    if (typeof given === 'number' && !Number.isFinite(given)) continue;
    values[name] = typeof given === 'string' ? plain(given) : given;
  }
  return { ...values, from: plain(call.from), to: plain(call.to) };
}

/** One line without control characters: it may be spoken. */
function plain(value: string): string {
  return value
    .slice(0, VALUE_CHARACTERS_MAX)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
}
