import { describe, expect, it } from 'vitest';
import { Recovery } from '../../../src/server/recovery.ts';

describe('Recovery', () => {
  it('moves a call three times, then says goodbye', () => {
    const recovery = new Recovery();
    const steps = [1, 2, 3, 4].map(() => recovery.workerLost(false));
    expect(steps).toEqual(['move', 'move', 'move', 'goodbye']);
    expect(recovery.beginnings).toBe(3);
  });

  it('isolates a suspect once, and says goodbye however that worker is lost', () => {
    for (const isSuspectAgain of [true, false]) {
      const recovery = new Recovery();
      expect([recovery.workerLost(true), recovery.workerLost(isSuspectAgain)]).toEqual([
        'isolate',
        'goodbye',
      ]);
    }
  });

  it('isolates a call that is suspected only at its second loss', () => {
    const recovery = new Recovery();
    expect([recovery.workerLost(false), recovery.workerLost(true)]).toEqual(['move', 'isolate']);
  });

  it('makes a call anew once after a throw, on a worker of its own too', () => {
    const recovery = new Recovery();
    const steps = [recovery.workerLost(true), recovery.codeThrew(), recovery.codeThrew()];
    expect(steps).toEqual(['isolate', 'remake', 'goodbye']);
  });

  it('counts a throw among the three new beginnings', () => {
    const recovery = new Recovery();
    recovery.codeThrew();
    const steps = [1, 2, 3].map(() => recovery.workerLost(false));
    expect(steps).toEqual(['move', 'move', 'goodbye']);
  });

  it('counts anew once the caller has got on, and the moves all the same', () => {
    const recovery = new Recovery();
    const steps = Array.from({ length: 8 }, () => {
      const step = recovery.workerLost(false);
      // The question asked again, and the answer to it.
      recovery.committed();
      recovery.committed();
      return step;
    });
    expect(steps).toEqual(Array(8).fill('move'));
    expect(recovery.beginnings).toBe(8);
  });

  it('does not take the question that is asked again for progress', () => {
    const recovery = new Recovery();
    const steps = Array.from({ length: 4 }, () => {
      const step = recovery.workerLost(false);
      recovery.committed();
      return step;
    });
    expect(steps).toEqual(['move', 'move', 'move', 'goodbye']);
  });
});
