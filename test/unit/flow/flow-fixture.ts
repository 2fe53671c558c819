/** Flows for tests, from YAML text, and the vocabulary to walk through them. */
import { readFileSync } from 'node:fs';
import type { FlowAction } from '../../../src/flow/action.ts';
import type { FlowEvent } from '../../../src/flow/event.ts';
import type { Flow } from '../../../src/flow/flow.ts';
import { initialState } from '../../../src/flow/initial-state.ts';
import { type FlowReading, loadFlow, readFlow } from '../../../src/flow/load-flow.ts';
import type { AskNode } from '../../../src/flow/nodes/flow-node.ts';
import type { Answers, FlowState } from '../../../src/flow/state.ts';
import { step } from '../../../src/flow/step.ts';

const options = { directory: '/flows', checkAudio: () => null };

export function read(text: string): FlowReading {
  return readFlow(text, 'test.yaml', options);
}

export function load(text: string): Flow {
  return loadFlow(text, 'test.yaml', options);
}

/** A flow that the repository ships. */
export function shippedFlow(name: string): Flow {
  const url = new URL(`../../../flows/${name}.yaml`, import.meta.url);
  return loadFlow(readFileSync(url, 'utf8'), `${name}.yaml`, options);
}

/** An ask node of a flow. */
export function askNode(flow: Flow, id: string): AskNode {
  const node = flow.nodes[id];
  if (node?.kind !== 'ask') throw new Error(`${id} is no ask node`);
  return node;
}

/** A flow's file with these nodes (YAML, indented by two) and `first` as its start. */
export function flowText(nodes: string, top = ''): string {
  return `flow: test\nversion: 1\nstart: first\n${top}nodes:\n${nodes}`;
}

export const DONE = '  done: { kind: end, outcome: done, text: Bye. }\n';

/** One call of a flow, stepped by what the caller does. */
export class CallWalk {
  readonly flow: Flow;
  state: FlowState;
  actions: readonly FlowAction[] = [];

  constructor(flow: Flow, variables: Answers = {}) {
    this.flow = flow;
    const call = { from: '+12025550100', to: '+12025550101', variables };
    this.state = initialState(flow, call);
    this.happen({ kind: 'started', ...call });
  }

  happen(event: FlowEvent): this {
    const stepped = step(this.flow, this.state, event);
    this.state = stepped.state;
    this.actions = stepped.actions;
    return this;
  }

  callerSays(text: string): this {
    return this.happen({ kind: 'answered', listenId: this.state.listenId, by: 'speech', text });
  }

  callerPresses(text: string): this {
    return this.happen({ kind: 'answered', listenId: this.state.listenId, by: 'digits', text });
  }

  callerIsSilent(): this {
    return this.happen({ kind: 'no.input', listenId: this.state.listenId });
  }

  /** What the last step says, in order. */
  get said(): string[] {
    return this.actions.flatMap((action) => (action.kind === 'play' ? [action.prompt.text] : []));
  }

  get kinds(): string[] {
    return this.actions.map((action) => action.kind);
  }
}
