/** Makes the report of a finished run, and its verdict. */
import type { LatencySummary } from './latency-histogram.ts';
import type { LoadFindings, LoadMachine, LoadReport, LoadTask, LoadVerdict } from './load-report.ts';
import type { FinishedRun } from './load-run.ts';
import { judgeSlos, type Slos } from './slo.ts';
import type { StandInCounts } from './stand-in-recognizer.ts';

/** Of the calls that were asked for: calls that end are replaced a moment later. */
const LIVE_RATIO_MIN = 0.9;

export interface ReportSources {
  readonly run: FinishedRun;
  readonly task: LoadTask;
  readonly slos: Slos;
  readonly machine: LoadMachine;
  readonly startedAt: Date;
  readonly recognizer: StandInCounts | null;
  readonly isStoreRead: boolean;
  readonly isInterrupted: boolean;
}

export function buildReport(sources: ReportSources): LoadReport {
  const { isInterrupted, isStoreRead, machine, recognizer, run, slos, startedAt, task } = sources;
  const { measured, senderDied } = run;
  const watched = run.generator.report();
  const { liveMean } = measured;
  const reasons = [
    ...(senderDied ? ['a sender died'] : []),
    ...(isTooSlow(task, liveMean, measured.counts.refused)
      ? [`${Math.round(liveMean)} calls were live on average, not ${task.calls}: take a higher --rate`]
      : []),
    ...watched.reasons,
  ];
  const generator = { ...watched, valid: reasons.length === 0, reasons };
  const turn = measured.turnMs.summary();
  const fsync = measured.fsyncMs.summary();
  const findings: LoadFindings = {
    counts: { ...measured.counts },
    liveMean,
    firstAudio: measured.firstAudioMs.summary(),
    turn,
    turnBeyondFsync: without(turn, fsync.p50Ms),
    keyTurn: measured.keyTurnMs.summary(),
    bargeIn: measured.bargeInMs.summary(),
    unclearedBargeIns: measured.unclearedBargeIns,
    gaps: measured.gapMs.summary(),
    admission: measured.admissionMs.summary(),
    refusal: measured.refusalMs.summary(),
    fsync,
    server: run.server.report(generator.framesTaken),
    generator,
    recognizer,
    isStoreRead,
    complaints: measured.complaints,
  };
  const results = judgeSlos(slos, findings);
  const isKept = measured.counts.admitted > 0 && results.every(({ kept }) => kept);
  const verdict: LoadVerdict = isInterrupted
    ? 'interrupted'
    : !generator.valid
      ? 'invalid'
      : isKept
        ? 'kept'
        : 'broken';
  return {
    version: 1,
    startedAt: startedAt.toISOString(),
    machine,
    task,
    verdict,
    slos: results,
    findings,
    timeline: run.timeline.points(),
    distributions: {
      turn: measured.turnMs.buckets(),
      firstAudio: measured.firstAudioMs.buckets(),
      bargeIn: measured.bargeInMs.buckets(),
      fsync: measured.fsyncMs.buckets(),
      lateness: run.lateness.buckets(),
    },
  };
}

/** New callers do not come as fast as others end. */
function isTooSlow({ calls }: LoadTask, liveMean: number, refused: number): boolean {
  return refused === 0 && liveMean > 0 && liveMean < calls * LIVE_RATIO_MIN;
}

function without(summary: LatencySummary, ms: number): LatencySummary {
  const less = (value: number): number => Math.max(0, value - ms);
  const { count, maxMs, p50Ms, p90Ms, p99Ms } = summary;
  return { count, p50Ms: less(p50Ms), p90Ms: less(p90Ms), p99Ms: less(p99Ms), maxMs: less(maxMs) };
}
