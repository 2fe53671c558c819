/** Makes the report of a finished run, and its verdict. */
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
  const { beyondDisk } = measured;
  const findings: LoadFindings = {
    counts: { ...measured.counts },
    liveMean,
    firstAudio: measured.firstAudioMs.summary(),
    firstAudioBeyondFsync: beyondDisk.firstAudioMs.summary(),
    turn: measured.turnMs.summary(),
    turnBeyondFsync: beyondDisk.turnMs.summary(),
    keyTurn: measured.keyTurnMs.summary(),
    bargeIn: measured.bargeInMs.summary(),
    unclearedBargeIns: measured.unclearedBargeIns,
    gaps: measured.gapMs.summary(),
    admission: measured.admissionMs.summary(),
    refusal: measured.refusalMs.summary(),
    fsync: beyondDisk.fsyncMs.summary(),
    server: run.server.report(generator.framesTaken),
    generator,
    machineCpu: run.machineCpu.report(),
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
      fsync: beyondDisk.fsyncMs.buckets(),
      lateness: run.lateness.buckets(),
    },
  };
}

/** New callers do not come as fast as others end. */
function isTooSlow({ calls }: LoadTask, liveMean: number, refused: number): boolean {
  return refused === 0 && liveMean > 0 && liveMean < calls * LIVE_RATIO_MIN;
}
