/** The live calls, as the board needs to know them. `CallTrails` is one; tests bring their own. I/O thread. */
import type { BoardCall, TimelineEntry } from '../../protocol/board-api.ts';

export interface BoardCalls {
  readonly count: number;
  /** At most `limit`. */
  newest(limit: number): readonly BoardCall[];
  /** Of a call that is on here, or was of late, what its record does not tell; null of any other. */
  trailOf(callSid: string): CallTrail | null;
}

export interface CallTrail {
  readonly isLive: boolean;
  /** What was asked last, and when, by the wall clock; null: nothing yet. */
  readonly asked: { readonly node: string; readonly atWallMs: number } | null;
  readonly moments: readonly TrailMoment[];
}

export interface TrailMoment extends Pick<TimelineEntry, 'kind' | 'text' | 'durationMs'> {
  readonly atWallMs: number;
}
