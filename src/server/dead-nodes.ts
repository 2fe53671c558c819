/**
 * The calls of nodes that have died without a word; for a node that starts, perhaps in the place of one of them. Dead is who
 * has not said for 14 s that it lives, over looks at the database that were all answered and in which some other had said so:
 * while it answers nobody, or takes no word of anybody (a full disk, a standby), nobody can be seen. What came back on another
 * node meanwhile is left out; and where several nodes start at once, so is what is another's to bring back. I/O thread.
 */
import type { Clock } from '../clock.ts';
import type { CallStore, LiveCallPlace, NodeSeen } from '../store/call-store.ts';

export interface DeadNodesParts {
  readonly clock: Clock;
  readonly store: Pick<CallStore, 'liveCalls' | 'nodes'>;
  /** This node, as its heartbeats name it. */
  readonly nodeId: string;
}

/** As often as a node says that it lives (node-registry.ts). */
const LOOK_EVERY_MS = 2000;
/**
 * A false word costs the callers of a node an apology. One whose connection is lost on the way notices after 8 s
 * (postgres-settings.ts) and says so on a new one 2 s later: it is silent for 12 s at most. After 30 s there is nothing to be
 * found any more: others have ended its calls in the records.
 */
const SILENT_LOOKS = 7;
/** This node speaks as often as it looks, but not in step: between two looks there may be no word of it, between three there is. */
const MUTED_LOOKS = 2;
/** A database that is away for longer has other troubles. */
const LOOKS_MAX = 30;
/** The oldest; more than the calls of one node. */
const CALLS_MAX = 2000;

/** Times are the database's own. */
interface Look {
  readonly calls: readonly LiveCallPlace[];
  readonly nodes: ReadonlyMap<string, NodeSeen>;
}

/** Resolves after some 14 s, at once where no call is live. Empty once `isClosed`. Never rejects. */
export async function callsOfDeadNodes(
  { clock, nodeId, store }: DeadNodesParts,
  isClosed: () => boolean,
): Promise<readonly LiveCallPlace[]> {
  let first: Look | null = null;
  let last: Look | null = null;
  let silentLooks = 0;
  let mutedLooks = 0;
  for (let looks = 0; looks < LOOKS_MAX && !isClosed(); looks++) {
    const look = await lookAt(store);
    if (look !== null && last !== null) mutedLooks = isAnyHeard(last, look) ? 0 : mutedLooks + 1;
    const before: Look | null = look === null || mutedLooks >= MUTED_LOOKS ? null : first;
    silentLooks = before === null ? 0 : silentLooks + 1;
    first = before ?? look;
    last = look;
    if (look !== null) {
      const left = before === null ? look.calls : look.calls.filter(isSilent(before, look));
      if (left.length === 0) return [];
      if (silentLooks === SILENT_LOOKS && before !== null)
        return isClosed() ? [] : left.filter(isOurs(nodeId, before, look));
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
    return { calls, nodes: new Map(nodes.map((node) => [node.nodeId, node])) };
  } catch {
    return null;
  }
}

/** 0: never. */
function seenAtWallMs(nodeId: string, { nodes }: Look): number {
  return nodes.get(nodeId)?.seenAtWallMs ?? 0;
}

function isHeard(nodeId: string, before: Look, now: Look): boolean {
  return seenAtWallMs(nodeId, before) !== seenAtWallMs(nodeId, now);
}

/** Whoever it was, this node too: the database takes heartbeats. */
function isAnyHeard(before: Look, now: Look): boolean {
  return [...now.nodes.keys()].some((nodeId) => isHeard(nodeId, before, now));
}

/** A call of a node that had one at the first look, too, and has said nothing since. */
function isSilent(first: Look, now: Look): (call: LiveCallPlace) => boolean {
  return ({ nodeId }) => !isHeard(nodeId, first, now);
}

/**
 * Two who redirect the same call would each cost its caller an apology. It is brought back by the first node that began after
 * its own was last seen, if that one lives: its looks have found the same.
 */
function isOurs(ownId: string, first: Look, now: Look): (call: LiveCallPlace) => boolean {
  const own = now.nodes.get(ownId);
  if (own === undefined) return () => true;
  const earlier = [...now.nodes.values()].filter(
    (node) => isHeard(node.nodeId, first, now) && !node.isDraining && isBefore(node, own),
  );
  return ({ nodeId }) => {
    const diedAtWallMs = seenAtWallMs(nodeId, now);
    // One that has taken its name off the list may have died before or after any of them.
    return diedAtWallMs === 0 || earlier.every(({ startedAtWallMs }) => startedAtWallMs <= diedAtWallMs);
  };
}

function isBefore(one: NodeSeen, other: NodeSeen): boolean {
  const byMs = one.startedAtWallMs - other.startedAtWallMs;
  return byMs === 0 ? one.nodeId < other.nodeId : byMs < 0;
}
