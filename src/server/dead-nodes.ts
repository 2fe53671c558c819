/**
 * The calls of nodes that have died without a word; for a node that starts, perhaps in the place of one of them. Dead is who
 * has not said for 10 s that it lives, over looks at the database that were all answered: while it answers nobody, nobody can
 * be seen. What came back on another node meanwhile is left out. I/O thread.
 */
import type { Clock } from '../clock.ts';
import type { CallStore, LiveCallPlace } from '../store/call-store.ts';

export interface DeadNodesParts {
  readonly clock: Clock;
  readonly store: Pick<CallStore, 'liveCalls' | 'nodes'>;
}

/** As often as a node says that it lives (node-registry.ts). */
const LOOK_EVERY_MS = 2000;
/** One that is only slow has been heard by then: a false word costs its callers an apology. */
const SILENT_LOOKS = 5;
/** A database that is away for longer has other troubles. */
const LOOKS_MAX = 30;
/** The oldest; more than the calls of one node. */
const CALLS_MAX = 2000;

interface Look {
  readonly calls: readonly LiveCallPlace[];
  /** When each node that has one of them was last seen, 0 for never, by the database's clock. */
  readonly seenAtWallMs: ReadonlyMap<string, number>;
}

/** Resolves after some 10 s, at once where no call is live. Empty once `isClosed`. Never rejects. */
export async function callsOfDeadNodes(
  { clock, store }: DeadNodesParts,
  isClosed: () => boolean,
): Promise<readonly LiveCallPlace[]> {
  let first: Look | null = null;
  let silentLooks = 0;
  for (let looks = 0; looks < LOOKS_MAX && !isClosed(); looks++) {
    const look = await lookAt(store);
    const before: Look | null = look === null ? null : first;
    silentLooks = before === null ? 0 : silentLooks + 1;
    first = before ?? look;
    if (look !== null) {
      const left = before === null ? look.calls : look.calls.filter(isSilent(before, look));
      if (left.length === 0) return [];
      if (silentLooks === SILENT_LOOKS) return isClosed() ? [] : left;
    }
    await new Promise<void>((resolve) => {
      clock.setTimer(LOOK_EVERY_MS, resolve);
    });
  }
  return [];
}

/** Null: the store did not answer. */
async function lookAt(store: DeadNodesParts['store']): Promise<Look | null> {
  try {
    const [calls, nodes] = await Promise.all([store.liveCalls(CALLS_MAX), store.nodes()]);
    const seen = new Map(nodes.map(({ nodeId, seenAtWallMs }) => [nodeId, seenAtWallMs]));
    return { calls, seenAtWallMs: new Map(calls.map(({ nodeId }) => [nodeId, seen.get(nodeId) ?? 0])) };
  } catch {
    return null;
  }
}

/** A call of a node that had one at the first look, too, and has said nothing since. */
function isSilent(first: Look, now: Look): (call: LiveCallPlace) => boolean {
  return ({ nodeId }) => first.seenAtWallMs.get(nodeId) === now.seenAtWallMs.get(nodeId);
}
