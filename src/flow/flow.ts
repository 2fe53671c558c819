/**
 * A loaded flow: frozen plain data that survives a structured clone, so it is loaded once and handed to every worker.
 * Everything in it was checked by `load-flow.ts`; code that has a Flow checks nothing again.
 */
import type { FlowProblem } from './flow-problem.ts';
import type { SystemMessages } from './messages.ts';
import type { FlowNode } from './nodes/flow-node.ts';
import type { Answers } from './state.ts';

/** Built-in ends. Their names begin with `$`, which no author's node can. */
export const UNDECIDED_NODE = '$undecided';
export const OPT_OUT_NODE = '$opt-out';
export const FAILED_NODE = '$failed';
export const NO_TRANSFER_NODE = '$no-transfer';
export const MACHINE_NODE = '$machine';

/** What a caller may say at any question. Null (or false): not recognized in this flow. */
export interface FlowIntents {
  readonly optOut: string | null;
  readonly operator: string | null;
  readonly repeat: boolean;
}

export interface Flow {
  readonly name: string;
  /** As it was given to `loadFlow`, for messages. */
  readonly fileName: string;
  /** SHA-256 of the file's text, 64 hex digits: names this version for ever. */
  readonly hash: string;
  /** What the file held: kept with the calls, so that one that comes back goes on with it. */
  readonly text: string;
  /** Absolute; recordings were sought there. */
  readonly directory: string;
  /** BCP 47. */
  readonly language: string;
  readonly voice: string;
  readonly start: string;
  /** Called numbers (E.164) that this flow serves; empty: it is chosen as the default only. */
  readonly numbers: readonly string[];
  /** Every variable that the flow knows, with its default. A call may set these and no others. */
  readonly variables: Answers;
  readonly messages: SystemMessages;
  readonly intents: FlowIntents;
  /** The node that a machine hears which has answered a call of ours. */
  readonly voicemail: string;
  readonly nodes: Readonly<Record<string, FlowNode>>;
  /** Problems that do not keep the flow from running, such as a node that nothing leads to. */
  readonly warnings: readonly FlowProblem[];
}
