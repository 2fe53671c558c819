/** A load's report as a good run has it, to be changed where a test asks for something. */
import type { LatencySummary } from '../../src/load/latency-histogram.ts';
import type { LoadFindings, LoadReport, LoadVerdict } from '../../src/load/load-report.ts';

const NONE: LatencySummary = { count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 };

export function latency(p99Ms: number): LatencySummary {
  return { count: 100, p50Ms: p99Ms / 2, p90Ms: p99Ms * 0.9, p99Ms, maxMs: p99Ms * 1.5 };
}

export function goodFindings(): LoadFindings {
  return {
    counts: { offered: 100, admitted: 100, refused: 0, right: 100, wrong: 0, dropped: 0, cut: 0 },
    liveMean: 100,
    firstAudio: latency(80),
    turn: latency(30),
    turnBeyondFsync: latency(28),
    firstAudioBeyondFsync: latency(70),
    keyTurn: latency(5),
    bargeIn: latency(20),
    unclearedBargeIns: 0,
    gaps: NONE,
    admission: latency(4),
    refusal: NONE,
    fsync: latency(3),
    server: null,
    machineCpu: { usedRatio: 0.4, stolenRatio: 0.01, stolenWorstRatio: 0.03 },
    generator: {
      valid: true,
      reasons: [],
      framesSent: 5000,
      framesTaken: 5000,
      lateFrames: 0,
      latenessP99TypicalMs: 0.5,
      latenessP99WorstMs: 1,
      latenessMaxMs: 2,
      senderCpuRatio: 0.1,
      silentMaxMs: 510,
      loopDelayP99Ms: 1,
    },
    recognizer: null,
    isStoreRead: true,
    complaints: [],
  };
}

export function loadReport(verdict: LoadVerdict, findings: LoadFindings = goodFindings()): LoadReport {
  return {
    version: 1,
    startedAt: '2026-11-26T08:00:00.000Z',
    machine: { cpu: 'a processor', cores: 2, memoryBytes: 2 ** 32, node: 'v22', commit: 'abc' },
    task: {
      calls: 100,
      rateHz: 25,
      holdMs: 60_000,
      mix: 'talking=100',
      flow: 'screening',
      recognizer: 'stand-in',
      vendorMs: 300,
      endpointingMs: 400,
      senders: 1,
      seed: 1,
      url: null,
    },
    verdict,
    slos: [],
    findings,
    timeline: [],
    distributions: { turn: [[12, 4]], firstAudio: [], bargeIn: [], fsync: [], lateness: [] },
  };
}
