/** A flow as nodes and edges: plain data for whoever draws it and must not know flows. */
import type { Expression, Operand } from './expression/expression.ts';
import type { Flow } from './flow.ts';
import type { FlowNode } from './nodes/flow-node.ts';
import type { PromptTemplate } from './prompt-template.ts';

export interface FlowGraphNode {
  readonly id: string;
  readonly kind: FlowNode['kind'];
  /** What is said, with {{variables}} as written; for a recording without a text, its path's last part. */
  readonly prompt: string;
  /** Kind of answer of an ask node, else null. */
  readonly answer: string | null;
  /** Outcome of an end or transfer node, else null. */
  readonly outcome: string | null;
}

export interface FlowGraphEdge {
  readonly from: string;
  readonly to: string;
  /** The condition, `otherwise`, or empty for the only way on. */
  readonly label: string;
}

export interface FlowGraph {
  readonly name: string;
  readonly hash: string;
  readonly start: string;
  readonly nodes: readonly FlowGraphNode[];
  readonly edges: readonly FlowGraphEdge[];
  /** Nodes that any question can lead to, by what the caller says. */
  readonly intents: readonly { readonly intent: 'opt-out' | 'operator'; readonly to: string }[];
}

export function flowGraph(flow: Flow): FlowGraph {
  const edges = Object.values(flow.nodes).flatMap(edgesOf);
  const intents = [
    { intent: 'opt-out' as const, to: flow.intents.optOut },
    { intent: 'operator' as const, to: flow.intents.operator },
  ].flatMap(({ intent, to }) => (to === null ? [] : [{ intent, to }]));
  const shown = new Set([...edges, ...intents].map((edge) => edge.to));
  const nodes = Object.values(flow.nodes)
    .filter((node) => !node.id.startsWith('$') || shown.has(node.id))
    .map(toGraphNode);
  return { name: flow.name, hash: flow.hash, start: flow.start, nodes, edges, intents };
}

function toGraphNode(node: FlowNode): FlowGraphNode {
  return {
    id: node.id,
    kind: node.kind,
    prompt: node.prompt === null ? '' : promptText(node.prompt),
    answer: node.kind === 'ask' ? node.question.answer : null,
    outcome: node.kind === 'end' || node.kind === 'transfer' ? node.outcome : null,
  };
}

function edgesOf(node: FlowNode): FlowGraphEdge[] {
  if (node.kind === 'end') return [];
  if (node.kind === 'transfer') return [{ from: node.id, to: node.otherwise, label: 'nobody answers' }];
  const edges = node.next.map((rule) => ({
    from: node.id,
    to: rule.goto,
    label: rule.when === null ? (node.next.length > 1 ? 'else' : '') : showExpression(rule.when),
  }));
  if (node.kind === 'ask') edges.push({ from: node.id, to: node.otherwise, label: 'otherwise' });
  return edges;
}

function promptText(template: PromptTemplate): string {
  if (template.kind === 'audio') return template.text || (template.path.split(/[\\/]/).at(-1) ?? '');
  return template.parts.map((part) => (typeof part === 'string' ? part : `{{${part.variable}}}`)).join('');
}

function showExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'value':
    case 'name':
      return showOperand(expression);
    case 'not':
      return `not ${group(expression.of)}`;
    case 'compare':
      return `${showOperand(expression.left)} ${expression.operator} ${showOperand(expression.right)}`;
    case 'and':
    case 'or':
      return `${group(expression.left)} ${expression.kind} ${group(expression.right)}`;
  }
}

function group(expression: Expression): string {
  const text = showExpression(expression);
  return expression.kind === 'and' || expression.kind === 'or' ? `(${text})` : text;
}

function showOperand(operand: Operand): string {
  if (operand.kind === 'name') return operand.name;
  if (typeof operand.value === 'boolean') return operand.value ? 'yes' : 'no';
  return typeof operand.value === 'number' ? String(operand.value) : `"${operand.value}"`;
}
