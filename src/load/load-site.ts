/** The server that a load is put on: one of our own, or one that is there already. */
import type { CallExpectation } from './call-plan.ts';
import type { LoadTarget } from './load-target.ts';
import type { StandInCounts } from './stand-in-recognizer.ts';

export interface SiteUsage {
  /** Of all the server's threads, since the reading before. */
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** Of its I/O thread, since the reading before; null: nobody can see it from outside. */
  readonly loopDelayP50Ms: number | null;
  readonly loopDelayP99Ms: number | null;
  readonly loopDelayMaxMs: number | null;
}

/** What the store kept of a call. */
export type KeptOutcome = Pick<CallExpectation, 'outcome' | 'answers'> & {
  readonly endReason: string | null;
};

export interface LoadSite {
  readonly target: LoadTarget;
  /** Resolves if it ends by itself; null: it is not ours to watch. */
  readonly exited: Promise<void> | null;
  /** Where its store writes; null: not known, and the disk is not measured. */
  readonly diskFolder: string | null;
  /** Null: it cannot be seen. One reading at a time. */
  usage(): Promise<SiteUsage | null>;
  /** What the recognizer that we play had to hear; null: we play none. */
  recognized(): Promise<StandInCounts | null>;
  /** Ends it, and reads what it kept, by CallSid; null: its store is not ours to read. Idempotent. */
  stop(): Promise<ReadonlyMap<string, KeptOutcome> | null>;
}
