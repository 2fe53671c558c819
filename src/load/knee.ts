/**
 * Finds the knee: the largest number of calls that keeps the objectives. Doubles until something breaks (or halves until
 * nothing does), then bisects between the last that kept and the first that did not. Pure but for the runs it asks for.
 */
import type { LoadReport } from './load-report.ts';

export interface KneeStep {
  readonly calls: number;
  readonly report: LoadReport;
}

export interface Knee {
  /** Null: not even the smallest number kept them. */
  readonly calls: number | null;
  /** What stood in the way of more. `limit`: nothing did up to the largest number to be tried. */
  readonly limitedBy: 'server' | 'generator' | 'limit' | 'interruption';
  /** In the order in which they were tried. */
  readonly steps: readonly KneeStep[];
}

export interface KneeOptions {
  readonly from: number;
  readonly max: number;
  readonly run: (calls: number) => Promise<LoadReport>;
}

/** Fewer are not worth a search. */
const CALLS_MIN = 10;
/** The answer is known so well: two runs of one number differ by more. */
const RESOLUTION_RATIO = 0.05;

export async function findKnee({ from, max, run }: KneeOptions): Promise<Knee> {
  const steps: KneeStep[] = [];
  let kept = 0;
  let broken = Number.POSITIVE_INFINITY;
  let limitedBy: Knee['limitedBy'] = 'limit';
  let calls = Math.min(from, max);
  for (;;) {
    const report = await run(calls);
    steps.push({ calls, report });
    if (report.verdict === 'interrupted') {
      limitedBy = 'interruption';
      break;
    }
    if (report.verdict === 'kept') kept = calls;
    else {
      broken = calls;
      limitedBy = report.verdict === 'invalid' ? 'generator' : 'server';
    }
    const next = nextOf(kept, broken, max);
    if (next === null) break;
    calls = next;
  }
  return { calls: kept === 0 ? null : kept, limitedBy, steps };
}

/** Null: found. */
function nextOf(kept: number, broken: number, max: number): number | null {
  if (!Number.isFinite(broken)) return kept >= max ? null : Math.min(max, kept * 2);
  if (kept === 0) return broken <= CALLS_MIN ? null : Math.max(CALLS_MIN, Math.floor(broken / 2));
  const middle = Math.round((kept + broken) / 2);
  const isFine = broken - kept <= Math.max(1, kept * RESOLUTION_RATIO);
  return isFine || middle === kept || middle === broken ? null : middle;
}
