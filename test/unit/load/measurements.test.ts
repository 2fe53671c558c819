import { describe, expect, it } from 'vitest';
import type { CallPlan } from '../../../src/load/call-plan.ts';
import { Measurements } from '../../../src/load/measurements.ts';
import type { StreamEvent } from '../../../src/load/sender-pool.ts';

const PLAN: CallPlan = {
  kind: 'talking',
  to: '',
  steps: [],
  expected: { endedBy: 'server', endReason: 'completed', outcome: null, answers: {} },
};
const turn = (how: 'say' | 'press', tookMs: number): StreamEvent => ({
  kind: 'turn',
  id: 1,
  step: 0,
  how,
  saidAtMs: 1000,
  heardAtMs: 1000 + tookMs,
});

function measurements(...events: readonly StreamEvent[]): Measurements {
  const measured = new Measurements({ endpointingMs: 400, vendorMs: 300 });
  measured.phase = 'hold';
  for (const event of events) measured.stream(PLAN, event, 500);
  return measured;
}

describe('what a load measures', () => {
  it("takes endpointing and the vendor's time off a spoken turn, and nothing off a key", () => {
    const { keyTurnMs, turnMs } = measurements(turn('say', 730), turn('press', 12));
    expect(turnMs.summary()).toMatchObject({ count: 1, maxMs: 30 });
    expect(keyTurnMs.summary()).toMatchObject({ count: 1, maxMs: 12 });
  });

  it('takes turns and barge-ins of the hold alone, first audio and gaps of all the run', () => {
    const measured = measurements();
    measured.phase = 'finish';
    const bargeIn: StreamEvent = { kind: 'barge-in', id: 1, step: 0, speechAtMs: 10, clearedAtMs: 20 };
    const firstAudio: StreamEvent = { kind: 'first-audio', id: 1, atMs: 560 };
    const gap: StreamEvent = { kind: 'gap', id: 1, atMs: 0, gapMs: 44 };
    for (const event of [turn('say', 730), bargeIn, firstAudio, gap]) measured.stream(PLAN, event, 500);
    expect([measured.turnMs.count, measured.bargeInMs.count]).toEqual([0, 0]);
    expect(measured.firstAudioMs.summary().maxMs).toBe(60);
    expect(measured.gapMs.summary().maxMs).toBe(44);
  });

  it('counts a barge-in that no clear came for by itself', () => {
    const measured = measurements({ kind: 'barge-in', id: 1, step: 0, speechAtMs: 10, clearedAtMs: null });
    expect([measured.unclearedBargeIns, measured.bargeInMs.count]).toEqual([1, 0]);
  });

  it('counts a call that is on when all should have been over as wrong', () => {
    const measured = measurements();
    measured.ended({ callSid: 'CA1', plan: PLAN, verdict: 'cut', why: '' });
    measured.isOverdue = true;
    measured.ended({ callSid: 'CA2', plan: PLAN, verdict: 'cut', why: '' });
    expect(measured.counts).toMatchObject({ cut: 1, wrong: 1 });
    expect(measured.complaints).toEqual([
      'CA2 (talking): still on when all should have been over (--finish)',
    ]);
  });

  it('takes a call back from the right ones where the store has it otherwise', () => {
    const measured = measurements();
    measured.ended({ callSid: 'CA1', plan: PLAN, verdict: 'right', why: '' });
    measured.keptWrong('CA1', 'the store has no record of it');
    expect(measured.counts).toMatchObject({ right: 0, wrong: 1 });
    expect(measured.complaints).toEqual(['CA1: the store has no record of it']);
  });

  it('keeps the first few complaints, however many there are', () => {
    const measured = measurements();
    for (let call = 0; call < 1000; call += 1) {
      measured.ended({ callSid: `CA${call}`, plan: PLAN, verdict: 'dropped', why: 'stream broken' });
    }
    expect(measured.counts.dropped).toBe(1000);
    expect(measured.complaints).toHaveLength(10);
  });
});
