/** The flows that a server serves: one by default, others by the number that was called. Plain data, for every worker. */
import { FlowError } from '../errors.ts';
import type { Flow } from './flow.ts';

export interface FlowSet {
  readonly default: Flow;
  readonly byNumber: Readonly<Record<string, Flow>>;
}

/** The first flow is the default. Throws FlowError when two flows claim one number. */
export function createFlowSet(flows: readonly [Flow, ...Flow[]]): FlowSet {
  const byNumber: Record<string, Flow> = {};
  for (const flow of flows) {
    for (const number of flow.numbers) {
      const other = byNumber[number];
      if (other !== undefined && other !== flow) {
        throw new FlowError(`Expected each number in one flow; ${number} is in ${other.fileName} too`, {
          file: flow.fileName,
          line: 1,
          path: 'numbers',
        });
      }
      byNumber[number] = flow;
    }
  }
  return Object.freeze({ default: flows[0], byNumber: Object.freeze(byNumber) });
}

/** The flow for a called number (E.164; empty or unknown: the default). */
export function flowFor(set: FlowSet, to: string): Flow {
  return (Object.hasOwn(set.byNumber, to) ? set.byNumber[to] : undefined) ?? set.default;
}

/** Every flow of the set once, the default first. */
export function flowsOf(set: FlowSet): Flow[] {
  return [...new Set([set.default, ...Object.values(set.byNumber)])];
}

/** The flow that a resumed call began with, or undefined when this process does not serve that version. */
export function flowByHash(set: FlowSet, hash: string): Flow | undefined {
  return flowsOf(set).find((flow) => flow.hash === hash);
}
