import { describe, expect, it } from 'vitest';
import type { KeptOutcome } from '../../../src/load/load-site.ts';
import type { PlacedCall } from '../../../src/load/placed-call.ts';
import { checkStore } from '../../../src/load/store-check.ts';

const EXPECTED = { endReason: 'completed', outcome: 'eligible', answers: { q1: true, q2: false } } as const;

function complaints(kept: KeptOutcome | null): string[] {
  const found: string[] = [];
  const call: PlacedCall = {
    callSid: 'CA1',
    plan: { kind: 'talking', to: '', steps: [], expected: { endedBy: 'server', ...EXPECTED } },
    verdict: 'right',
    why: '',
  };
  const kepts = new Map(kept === null ? [] : [['CA1', kept]]);
  checkStore(new Map([['CA1', call]]), kepts, {
    keptWrong: (callSid, why) => found.push(`${callSid} ${why}`),
  });
  return found;
}

describe("the store's word on a call", () => {
  it('agrees with what its caller said', () => {
    expect(complaints({ ...EXPECTED, answers: { q2: false, q1: true } })).toEqual([]);
  });

  it.each([
    ['no record', null, /no record/],
    ['another end', { ...EXPECTED, endReason: 'stream lost' }, /"completed".*"stream lost"/],
    ['another outcome', { ...EXPECTED, outcome: 'not-eligible' }, /outcome eligible.*not-eligible/],
    ['another answer', { ...EXPECTED, answers: { q1: true, q2: true } }, /given to q2$/],
    ['an answer too few', { ...EXPECTED, answers: { q1: true } }, /given to q2$/],
    ['an answer too many', { ...EXPECTED, answers: { q1: true, q2: false, q3: true } }, /given to q3$/],
  ])('is against it where it has %s', (_name, kept, why) => {
    expect(complaints(kept)).toEqual([expect.stringMatching(why)]);
  });
});
