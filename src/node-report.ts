/** Tells the other nodes, by way of the store thread, how many calls this one has and whether it leaves. I/O thread. */
import type { Clock, Timer } from './clock.ts';

/** As often as the store thread says that this node lives. */
const REPORT_EVERY_MS = 2000;

export interface NodeReportParts {
  readonly clock: Clock;
  readonly liveCalls: () => number;
  readonly isDraining: () => boolean;
  readonly report: (liveCalls: number, isDraining: boolean) => void;
}

/** Now, and from then on until what it returns is called. */
export function beginNodeReport({ clock, isDraining, liveCalls, report }: NodeReportParts): () => void {
  let timer: Timer;
  const tell = (): void => {
    report(liveCalls(), isDraining());
    timer = clock.setTimer(REPORT_EVERY_MS, tell);
  };
  tell();
  return () => clock.clearTimer(timer);
}
