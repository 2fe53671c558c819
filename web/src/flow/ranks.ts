/** Which row each node of a graph stands in: below everything that leads to it, not counting ways back. Pure. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
}

export interface Ranks<A extends Arrow> {
  readonly rankOf: ReadonlyMap<string, number>;
  /** Lead down. */
  readonly forward: readonly A[];
  /** Lead up or to themselves: loops of the flow. */
  readonly back: readonly A[];
}

/** Every end of every arrow must be in `ids`. */
export function rankNodes<A extends Arrow>(
  ids: readonly string[],
  arrows: readonly A[],
  start: string,
): Ranks<A> {
  const out = new Map<string, A[]>(ids.map((id) => [id, []]));
  for (const arrow of arrows) out.get(arrow.from)!.push(arrow);

  const back = new Set<A>();
  /** After every node that it leads to: the reverse is an order from the start down. */
  const finished: string[] = [];
  const seen = new Set<string>();
  const open = new Set<string>();
  // Not recursive: a flow of thousands of questions in a row is no reason to fail.
  const visit = (root: string): void => {
    const path: { id: string; next: number }[] = [];
    const enter = (id: string): void => {
      seen.add(id);
      open.add(id);
      path.push({ id, next: 0 });
    };
    if (!seen.has(root)) enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const arrow = out.get(top.id)![top.next++];
      if (arrow === undefined) {
        open.delete(top.id);
        finished.push(top.id);
        path.pop();
      } else if (open.has(arrow.to)) back.add(arrow);
      else if (!seen.has(arrow.to)) enter(arrow.to);
    }
  };
  if (out.has(start)) visit(start);
  for (const id of ids) visit(id);

  const rankOf = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const id of finished.reverse()) {
    for (const arrow of out.get(id)!) {
      if (!back.has(arrow)) rankOf.set(arrow.to, Math.max(rankOf.get(arrow.to)!, rankOf.get(id)! + 1));
    }
  }
  return { rankOf, forward: arrows.filter((arrow) => !back.has(arrow)), back: [...back] };
}
