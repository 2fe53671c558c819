/** The last minutes of a few numbers, one point a second, for the charts. Pure; gaps stay gaps. */
import type { BoardSnapshot } from '../../../src/protocol/board-api.ts';

const SPAN_SECONDS = 600;

export interface History {
  /** Epoch seconds, rising. */
  readonly seconds: readonly number[];
  readonly calls: readonly number[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
}

export const NO_HISTORY: History = { seconds: [], calls: [], p50: [], p95: [], p99: [] };

/** The same history when its last second is not over. */
export function withSnapshot(history: History, snapshot: BoardSnapshot): History {
  const second = Math.floor(snapshot.atMs / 1000);
  const last = history.seconds.at(-1) ?? Number.NEGATIVE_INFINITY;
  if (second === last) return history;
  // The server's clock was set back: what came before cannot be on the same axis.
  const before = second < last ? NO_HISTORY : history;
  const from = before.seconds.findIndex((at) => at > second - SPAN_SECONDS);
  const kept = <T>(values: readonly T[], value: T): readonly T[] => [
    ...(from === -1 ? [] : values.slice(from)),
    value,
  ];
  const latency = snapshot.today.turnLatencyMs;
  return {
    seconds: kept(before.seconds, second),
    calls: kept(before.calls, snapshot.callCount),
    p50: kept(before.p50, latency?.p50 ?? null),
    p95: kept(before.p95, latency?.p95 ?? null),
    p99: kept(before.p99, latency?.p99 ?? null),
  };
}
