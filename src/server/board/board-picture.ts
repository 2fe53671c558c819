/** Puts a snapshot together out of what the server knows anyway. Reads, and changes nothing. I/O thread. */
import type { Clock } from '../../clock.ts';
import type { BoardSnapshot } from '../../protocol/board-api.ts';
import type { Capacity } from '../call-limit.ts';
import type { StoreHealth } from '../health.ts';
import type { VendorReport } from '../vendor-health.ts';
import type { BoardCalls } from './board-calls.ts';
import type { DayTotals } from './day-totals.ts';
import type { LatencyLog } from './latency-log.ts';
import type { RecentDelay } from './recent-delay.ts';

const CALLS_SHOWN = 500;

export interface BoardPictureOf {
  readonly clock: Clock;
  readonly nodeId: string;
  readonly calls: BoardCalls;
  readonly capacity: () => Capacity;
  readonly isDraining: () => boolean;
  readonly workers: { readonly readyCount: number; readonly workerCount: number; readonly lostCount: number };
  readonly storeHealth: () => StoreHealth;
  readonly vendors: () => VendorReport;
  readonly today: () => Pick<DayTotals, 'outcomes' | 'turns'>;
  readonly latencies: Pick<LatencyLog, 'quantilesMs'>;
  readonly loopDelay: Pick<RecentDelay, 'look'>;
}

export function boardPicture(of: BoardPictureOf): BoardSnapshot {
  const { calls, capacity, clock, isDraining, latencies, loopDelay, nodeId, storeHealth, today, workers } =
    of;
  const { inUse, limit, lowered } = capacity();
  const { deferredCommits, engine, isAlive, isDurable } = storeHealth();
  const { outcomes, turns } = today();
  return {
    atMs: Math.round(clock.wallMs()),
    nodeId,
    calls: calls.newest(CALLS_SHOWN),
    callCount: calls.count,
    capacity: { limit, inUse, lowered, draining: isDraining() },
    workers: { ready: workers.readyCount, wanted: workers.workerCount, lost: workers.lostCount },
    store: { engine, isDurable: isAlive && isDurable, deferredCommits },
    vendors: vendorsOf(of.vendors()),
    today: { outcomes, turns, turnLatencyMs: latencies.quantilesMs() },
    loopDelayMs: loopDelay.look(clock.nowMs()),
  };
}

/** Each that was asked or is down, with how its requests ended. */
function vendorsOf({ down, requests }: VendorReport): BoardSnapshot['vendors'] {
  const details = new Map<string, string[]>(Object.keys(down).map((name) => [name, []]));
  for (const { outcome, provider, requests: count, role } of requests) {
    const name = `${role} ${provider}`;
    details.set(name, [...(details.get(name) ?? []), `${count} ${outcome}`]);
  }
  return [...details].map(([name, counts]) => {
    const threads = down[name]?.threads ?? 0;
    const passedOver =
      threads === 0 ? [] : [`passed over by ${threads} ${threads === 1 ? 'thread' : 'threads'}`];
    const detail = [...passedOver, ...counts].join(', ');
    return { name, state: threads === 0 ? 'up' : 'down', detail };
  });
}
