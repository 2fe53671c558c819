/** All that a run found, as plain data: the table, the JSON file and the page are made of it. */
import type { GeneratorReport } from './generator-watch.ts';
import type { LatencyBucket, LatencySummary } from './latency-histogram.ts';
import type { LoadCounts } from './load-counts.ts';
import type { MachineCpuReport } from './machine-cpu.ts';
import type { ServerReport } from './server-watch.ts';
import type { SloResult } from './slo.ts';
import type { StandInCounts } from './stand-in-recognizer.ts';
import type { TimelinePoint } from './timeline.ts';

export interface LoadFindings {
  readonly counts: Readonly<LoadCounts>;
  /** Calls that were live in the hold, on average. */
  readonly liveMean: number;
  readonly firstAudio: LatencySummary;
  /** The same, with the disk's wait taken off; equal where the disk was not measured. */
  readonly firstAudioBeyondFsync: LatencySummary;
  /** From a caller's last sound to the bot's first, beyond endpointing and vendor. */
  readonly turn: LatencySummary;
  /** The same, with the disk's wait taken off; equal where the disk was not measured. */
  readonly turnBeyondFsync: LatencySummary;
  readonly keyTurn: LatencySummary;
  readonly bargeIn: LatencySummary;
  readonly unclearedBargeIns: number;
  readonly gaps: LatencySummary;
  readonly admission: LatencySummary;
  readonly refusal: LatencySummary;
  readonly fsync: LatencySummary;
  /** Null: its process could not be seen. */
  readonly server: ServerReport | null;
  readonly generator: GeneratorReport;
  /** Null: the system does not tell, or the hold was too short to look. */
  readonly machineCpu: MachineCpuReport | null;
  readonly recognizer: StandInCounts | null;
  /** Whether answers and outcomes of the store were read, or the callers' own word had to do. */
  readonly isStoreRead: boolean;
  /** The first few calls that went wrong, in words. */
  readonly complaints: readonly string[];
}

export interface LoadMachine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly commit: string;
}

export interface LoadTask {
  readonly calls: number;
  readonly rateHz: number;
  readonly holdMs: number;
  readonly mix: string;
  readonly flow: string;
  readonly recognizer: string;
  readonly vendorMs: number;
  readonly endpointingMs: number;
  readonly senders: number;
  readonly seed: number;
  readonly url: string | null;
}

export type LoadVerdict = 'kept' | 'broken' | 'invalid' | 'interrupted';

export interface LoadReport {
  readonly version: 1;
  readonly startedAt: string;
  readonly machine: LoadMachine;
  readonly task: LoadTask;
  readonly verdict: LoadVerdict;
  readonly slos: readonly SloResult[];
  readonly findings: LoadFindings;
  readonly timeline: readonly TimelinePoint[];
  readonly distributions: {
    readonly turn: readonly LatencyBucket[];
    readonly firstAudio: readonly LatencyBucket[];
    readonly bargeIn: readonly LatencyBucket[];
    readonly fsync: readonly LatencyBucket[];
    /** P99 of each half second of each sender, counted. */
    readonly lateness: readonly LatencyBucket[];
  };
}

/** Invalid before broken: of a server that was not loaded as it was meant to be nothing is known. */
export function exitCodeOf(verdict: LoadVerdict): number {
  return { kept: 0, broken: 1, invalid: 3, interrupted: 130 }[verdict];
}
