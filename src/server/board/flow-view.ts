/**
 * A flow as it is drawn, with how many callers went each way today. Steps are known from question to question; what is only
 * said in between lies on the way. Pure.
 */
import type { TallyStep } from '../../channel/store-messages.ts';
import type { FlowView } from '../../protocol/board-api.ts';

/** A flow as plain data: this side of the server knows no flows. */
export interface FlowDrawing {
  readonly name: string;
  readonly hash: string;
  readonly start: string;
  readonly nodes: readonly { readonly id: string; readonly kind: string; readonly prompt: string }[];
  readonly edges: readonly FlowEdge[];
  /** Nodes that any question can lead to, by what the caller says. */
  readonly intents: readonly { readonly intent: string; readonly to: string }[];
}

interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** As compile-flow.ts calls the way on without an answer. */
const UNANSWERED = 'otherwise';
const VERSION_DIGITS = 12;

/** `steps`: of any flows; those of this version count. */
export function toFlowView(
  flow: FlowDrawing,
  steps: readonly TallyStep[],
  names: readonly string[],
): FlowView {
  const counts = new Map<FlowEdge, number>();
  const intentEdges = new Map<string, FlowEdge>();
  for (const step of steps) {
    if (step.flowHash !== flow.hash) continue;
    const way = wayOf(flow, step) ?? intentWay(flow, step, intentEdges);
    for (const edge of way) counts.set(edge, (counts.get(edge) ?? 0) + step.calls);
  }
  return {
    name: flow.name,
    version: flow.hash.slice(0, VERSION_DIGITS),
    nodes: flow.nodes.map(({ id, kind, prompt }) => ({ id, kind, text: prompt })),
    edges: [...flow.edges, ...intentEdges.values()].map((edge) => ({
      ...edge,
      callsToday: counts.get(edge) ?? 0,
    })),
    start: flow.start,
    names,
  };
}

/** The edges from one to the other by the fewest that only say something; null: there is no such way. */
function wayOf(flow: FlowDrawing, { from, to, wasAnswered }: TallyStep): readonly FlowEdge[] | null {
  if (from === null && to === flow.start) return [];
  const firsts = from === null ? null : firstEdges(flow, from, wasAnswered);
  let ways = (firsts ?? flow.edges.filter((edge) => edge.from === flow.start)).map((edge) => [edge]);
  const seen = new Set<string>();
  while (ways.length > 0) {
    const found = ways.find((way) => way.at(-1)!.to === to);
    if (found !== undefined) return found;
    ways = ways.flatMap((way) => {
      const at = way.at(-1)!.to;
      if (seen.has(at) || !isSaid(flow, at)) return [];
      seen.add(at);
      return flow.edges.filter((edge) => edge.from === at).map((edge) => [...way, edge]);
    });
  }
  return null;
}

function firstEdges(flow: FlowDrawing, from: string, wasAnswered: boolean): readonly FlowEdge[] {
  return flow.edges.filter((edge) => edge.from === from && (edge.label === UNANSWERED) !== wasAnswered);
}

function isSaid({ nodes }: FlowDrawing, id: string): boolean {
  return nodes.some((node) => node.id === id && node.kind === 'say');
}

/** What a caller may say at any question is drawn where somebody said it: from every question it would hide the flow. */
function intentWay(flow: FlowDrawing, step: TallyStep, drawn: Map<string, FlowEdge>): readonly FlowEdge[] {
  const { from, to } = step;
  const intent = flow.intents.find((each) => each.to === to);
  if (from === null || intent === undefined) return [];
  const key = JSON.stringify([from, to]);
  const edge = drawn.get(key) ?? { from, to, label: intent.intent };
  drawn.set(key, edge);
  return [edge];
}
