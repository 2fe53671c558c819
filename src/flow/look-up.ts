/** What a name in a prompt or a condition stands for in one call: an answer, else a variable. */
import type { AnswerValue, FlowState } from './state.ts';

export function lookUp(state: FlowState, name: string): AnswerValue | undefined {
  if (Object.hasOwn(state.answers, name)) return state.answers[name];
  return Object.hasOwn(state.variables, name) ? state.variables[name] : undefined;
}
