/** One load from beginning to end: site, run, the store's word, report. */

import { buildReport } from './build-report.ts';
import type { LoadReport, LoadTask } from './load-report.ts';
import { type LoadParts, type LoadSettings, runLoad } from './load-run.ts';
import type { LoadSite } from './load-site.ts';
import { thisMachine } from './machine.ts';
import { monotonicClock } from './monotonic-clock.ts';
import type { Slos } from './slo.ts';
import { checkStore } from './store-check.ts';

export interface MeasuredLoad extends Omit<LoadParts, 'clock' | 'site'> {
  readonly settings: LoadSettings;
  readonly task: LoadTask;
  readonly slos: Slos;
  /** Ended when the load is over, if it is its own. */
  readonly startSite: () => Promise<LoadSite>;
}

/** Rejects where the site or a sender cannot be started; whatever comes after is in the report. */
export async function measureLoad(load: MeasuredLoad): Promise<LoadReport> {
  const { settings, slos, startSite, task, ...parts } = load;
  const startedAt = new Date();
  const site = await startSite();
  try {
    const run = await runLoad(settings, { ...parts, clock: monotonicClock, site });
    const recognizer = await site.recognized().catch(() => null);
    const kept = await site.stop();
    if (kept !== null) checkStore(run.right, kept, run.measured);
    return buildReport({
      run,
      task,
      slos,
      machine: thisMachine(),
      startedAt,
      recognizer,
      isStoreRead: kept !== null,
      isInterrupted: parts.interrupted.aborted,
    });
  } finally {
    await site.stop();
  }
}
