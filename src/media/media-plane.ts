/** What all streams of the I/O thread share. Made once by the composition root. */
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { GapCounts } from './gap-counts.ts';
import type { MediaCensus } from './media-census.ts';
import type { PromptShelf } from './prompt-registry.ts';
import type { WheelTimers } from './timer-wheel.ts';

export interface MediaPlane {
  readonly clock: Clock;
  readonly wheel: WheelTimers;
  readonly registry: PromptShelf;
  readonly census: MediaCensus;
  /** Absent: nobody asks. */
  readonly gaps?: GapCounts;
  readonly log: Log;
}
