/** What a run is held to, and whether it kept it. Pure. */
import type { LoadFindings } from './load-report.ts';

/** Null: not asked. */
export interface Slos {
  /** Beyond endpointing and vendor, with the disk's wait taken off. */
  readonly turnP99Ms: number | null;
  /** With the disk's wait in it. */
  readonly firstAudioP99Ms: number | null;
  readonly bargeInP99Ms: number | null;
  readonly gapMaxMs: number | null;
  readonly refusalP99Ms: number | null;
  /** Calls that went wrong or were dropped. */
  readonly wrongMax: number | null;
  readonly refusedMax: number | null;
}

export interface SloResult {
  readonly name: keyof Slos;
  readonly limit: number;
  readonly found: number;
  readonly kept: boolean;
}

/** Issue goals of a machine of two cores (bench/README.md); a load is asked for them where it is asked for nothing. */
export const DEFAULT_SLOS: Slos = {
  turnP99Ms: 50,
  firstAudioP99Ms: 150,
  bargeInP99Ms: 40,
  gapMaxMs: 100,
  refusalP99Ms: 50,
  wrongMax: 0,
  refusedMax: 0,
};

/** What was not seen at all (no barge-in in the mix) is not judged. */
export function judgeSlos(slos: Slos, findings: LoadFindings): SloResult[] {
  const { bargeIn, counts, firstAudio, gaps, refusal, turnBeyondFsync } = findings;
  const found: { readonly [Name in keyof Slos]: number | null } = {
    turnP99Ms: turnBeyondFsync.count === 0 ? null : turnBeyondFsync.p99Ms,
    firstAudioP99Ms: firstAudio.count === 0 ? null : firstAudio.p99Ms,
    bargeInP99Ms: bargeIn.count === 0 ? null : bargeIn.p99Ms,
    gapMaxMs: gaps.maxMs,
    refusalP99Ms: refusal.count === 0 ? null : refusal.p99Ms,
    wrongMax: counts.wrong + counts.dropped,
    refusedMax: counts.refused,
  };
  return (Object.keys(slos) as (keyof Slos)[]).flatMap((name): SloResult[] => {
    const limit = slos[name];
    const value = found[name];
    return limit === null || value === null ? [] : [{ name, limit, found: value, kept: value <= limit }];
  });
}
