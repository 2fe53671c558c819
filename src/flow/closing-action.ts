/** What an ended call leaves to be done. */
import type { FlowAction } from './action.ts';
import type { Flow } from './flow.ts';
import { lookUp } from './look-up.ts';
import type { EndNode, TransferNode } from './nodes/flow-node.ts';
import { parseTemplate, renderPrompt } from './prompt-template.ts';
import type { FlowState } from './state.ts';

export function closingAction(flow: Flow, state: FlowState, node: EndNode | TransferNode): FlowAction {
  if (node.kind === 'end') return { kind: 'hangup' };
  const whisper = renderPrompt(flow, parseTemplate(node.transfer.whisper), (name) => lookUp(state, name));
  return { kind: 'transfer', transfer: { ...node.transfer, whisper: whisper.text } };
}

/**
 * For a call that comes back with a state that had already ended, its goodbye perhaps unheard: `step` does nothing then,
 * and the call is closed by these, the goodbye first. Null while the call is not ended.
 */
export function closingActionsOf(flow: Flow, state: FlowState): readonly FlowAction[] | null {
  if (state.phase !== 'ended') return null;
  const node = flow.nodes[state.nodeId];
  // Without an outcome it ended some other way than by reaching a node that ends it.
  if (state.outcome === null || (node?.kind !== 'end' && node?.kind !== 'transfer'))
    return [{ kind: 'hangup' }];
  const closing = closingAction(flow, state, node);
  if (node.prompt === null) return [closing];
  const prompt = renderPrompt(flow, node.prompt, (name) => lookUp(state, name));
  if (prompt.kind === 'text' && prompt.text === '') return [closing];
  const { bargeIn, id: nodeId } = node;
  return [{ kind: 'play', playId: state.nextPlayId, nodeId, prompt, bargeIn }, closing];
}
