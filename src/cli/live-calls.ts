/** The live calls of all nodes and how the nodes are, as people and programs read them. Pure. */
import { maskNumber } from '../masked.ts';
import type { LiveCallPlace, NodeSeen } from '../store/call-store.ts';
import { NODE_LIFE_MS } from '../store/sql-store.ts';
import { plain, timeText } from './call-text.ts';
import { textTable } from './text-table.ts';

export interface LiveCalls {
  readonly calls: readonly LiveCallPlace[];
  /** There were more than were asked for. */
  readonly isCut: boolean;
  /** None where there is but one node, with a file. */
  readonly nodes: readonly NodeSeen[];
}

/** `silent`: it has missed three heartbeats. `dead`: its calls are taken up elsewhere, or marked as lost. */
type NodeState = 'alive' | 'draining' | 'silent' | 'dead';

const SILENT_AFTER_MS = 7000;
const NODE_HEADINGS = ['NODE', 'CALLS', 'SEEN', 'STATE', 'ADDRESS'];
const CALL_HEADINGS = ['CALL', 'FROM', 'TO', 'SECONDS', 'STREAM', 'NODE'];

export function stateOf({ isDraining, unseenMs }: NodeSeen): NodeState {
  if (unseenMs > NODE_LIFE_MS) return 'dead';
  if (unseenMs > SILENT_AFTER_MS) return 'silent';
  return isDraining ? 'draining' : 'alive';
}

export function masked(live: LiveCalls): LiveCalls {
  const calls = live.calls.map((call) => ({ ...call, from: maskNumber(call.from), to: maskNumber(call.to) }));
  return { ...live, calls };
}

export function describeLive(live: LiveCalls, nowWallMs: number): string {
  const { calls, isCut, nodes } = live;
  const fleet = nodes.length === 0 ? [] : [textTable([NODE_HEADINGS, ...nodes.map(nodeCells)]), ''];
  if (calls.length === 0) return [...fleet, 'No live calls.'].join('\n');
  const rows = calls.map((call) => callCells(call, nowWallMs));
  const rest = isCut ? ['There are more; --limit shows them.'] : [];
  return [...fleet, textTable([CALL_HEADINGS, ...rows]), ...rest].join('\n');
}

export function liveReport({ calls, nodes }: LiveCalls): unknown {
  return {
    nodes: nodes.map((node) => ({
      nodeId: node.nodeId,
      url: node.url,
      state: stateOf(node),
      startedAt: timeText(node.startedAtWallMs),
      seenAt: timeText(node.seenAtWallMs),
      liveCalls: node.liveCalls,
    })),
    calls: calls.map(({ startedAtWallMs, ...call }) => ({ ...call, startedAt: timeText(startedAtWallMs) })),
  };
}

function nodeCells(node: NodeSeen): string[] {
  const seen = `${Math.round(node.unseenMs / 1000)} s ago`;
  return [node.nodeId, String(node.liveCalls), seen, stateOf(node), node.url].map(plain);
}

function callCells(
  { attempt, callSid, from, nodeId, startedAtWallMs, to }: LiveCallPlace,
  nowWallMs: number,
) {
  const seconds = Math.max(0, Math.round((nowWallMs - startedAtWallMs) / 1000));
  return [callSid, from, to, String(seconds), String(attempt + 1), nodeId].map(plain);
}
