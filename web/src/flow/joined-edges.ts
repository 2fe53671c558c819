/** Edges between the same two nodes as one: they would lie on each other. Those to nodes that are not there are left out. Pure. */
import type { FlowEdge, FlowView } from '../../../src/protocol/board-api.ts';

export function joinedEdges({ nodes, edges }: Pick<FlowView, 'nodes' | 'edges'>): readonly FlowEdge[] {
  const ids = new Set(nodes.map(({ id }) => id));
  const joined = new Map<string, FlowEdge>();
  for (const edge of edges) {
    if (!ids.has(edge.from) || !ids.has(edge.to)) continue;
    const key = JSON.stringify([edge.from, edge.to]);
    const before = joined.get(key);
    const labels = [before?.label ?? '', edge.label].filter((label) => label !== '');
    joined.set(key, {
      ...edge,
      label: labels.join(' / '),
      callsToday: (before?.callsToday ?? 0) + edge.callsToday,
    });
  }
  return [...joined.values()];
}
