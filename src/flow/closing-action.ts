/** What an ended call leaves to be done. */
import type { FlowAction } from './action.ts';
import type { Flow } from './flow.ts';
import type { EndNode, TransferNode } from './nodes/flow-node.ts';
import type { FlowState } from './state.ts';

export function closingAction(node: EndNode | TransferNode): FlowAction {
  return node.kind === 'transfer' ? { kind: 'transfer', to: node.to } : { kind: 'hangup' };
}

/**
 * For a call that comes back with a state that had already ended, its goodbye perhaps unheard: `step` does nothing then,
 * and the call is closed by this. Null while the call is not ended.
 */
export function closingActionOf(flow: Flow, state: FlowState): FlowAction | null {
  if (state.phase !== 'ended') return null;
  const node = flow.nodes[state.nodeId];
  return node?.kind === 'transfer' && state.outcome !== null ? closingAction(node) : { kind: 'hangup' };
}
