import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../../src/load/load-report.ts';
import { DEFAULT_SLOS, judgeSlos, type Slos } from '../../../src/load/slo.ts';
import { goodFindings, latency } from '../../support/load-report.ts';

const brokenOf = (change: object, slos: Slos = DEFAULT_SLOS): string[] =>
  judgeSlos(slos, { ...goodFindings(), ...change })
    .filter(({ kept }) => !kept)
    .map(({ name }) => name);
const counts = (change: object) => ({ counts: { ...goodFindings().counts, ...change } });

describe('the objectives of a load', () => {
  it('are kept by a good run', () => {
    expect(brokenOf({})).toEqual([]);
  });

  it.each([
    ['turnP99Ms', { turnBeyondFsync: latency(51) }],
    ['firstAudioP99Ms', { firstAudio: latency(151) }],
    ['bargeInP99Ms', { bargeIn: latency(41) }],
    ['gapMaxMs', { gaps: latency(90) }],
    ['refusalP99Ms', { refusal: latency(51) }],
    ['wrongMax', counts({ wrong: 1 })],
    ['wrongMax', counts({ dropped: 1 })],
    ['refusedMax', counts({ refused: 1 })],
  ])('tell which of them is broken: %s', (name, change) => {
    expect(brokenOf(change)).toEqual([name]);
  });

  it("do not count the disk's wait against a turn", () => {
    expect(brokenOf({ turn: latency(80), turnBeyondFsync: latency(45) })).toEqual([]);
  });

  it('are not asked where they are off', () => {
    expect(brokenOf(counts({ refused: 50 }), { ...DEFAULT_SLOS, refusedMax: null })).toEqual([]);
  });

  it('are not asked of what the run had none of', () => {
    const names = judgeSlos(DEFAULT_SLOS, { ...goodFindings(), bargeIn: { ...latency(0), count: 0 } }).map(
      ({ name }) => name,
    );
    expect(names).not.toContain('bargeInP99Ms');
    expect(names).not.toContain('refusalP99Ms');
  });

  it('decide the exit code, an invalid run and an interruption before them', () => {
    expect(
      ['kept', 'broken', 'invalid', 'interrupted'].map((verdict) => exitCodeOf(verdict as 'kept')),
    ).toEqual([0, 1, 3, 130]);
  });
});
