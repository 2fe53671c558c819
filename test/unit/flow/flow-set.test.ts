import { describe, expect, it } from 'vitest';
import { createFlowSet, flowByHash, flowFor, flowsOf } from '../../../src/flow/flow-set.ts';
import { DONE, flowText, load } from './flow-fixture.ts';

const nodes = `  first: { kind: say, text: A, next: done }\n${DONE}`;
const fallback = load(flowText(nodes));
const clinic = load(flowText(nodes, 'numbers: ["+12025550111", "+12025550112"]\n'));

describe('the flows of a server', () => {
  const set = createFlowSet([fallback, clinic]);

  it('are chosen by the called number', () => {
    expect(flowFor(set, '+12025550112')).toBe(clinic);
  });

  it.each(['+12025550199', '', 'constructor', '__proto__'])('are the default for %j', (to) => {
    expect(flowFor(set, to)).toBe(fallback);
  });

  it('are found by the hash that a resumed call began with', () => {
    expect(flowByHash(set, clinic.hash)).toBe(clinic);
    expect(flowByHash(set, 'f'.repeat(64))).toBeUndefined();
    expect(flowsOf(set)).toEqual([fallback, clinic]);
  });

  it('cross to a worker as they are', () => {
    expect(structuredClone(set)).toEqual(set);
  });

  it('may not claim one number twice', () => {
    const other = load(flowText(nodes, 'numbers: ["+12025550111"]\nvoice: kal\n'));
    expect(() => createFlowSet([fallback, clinic, other])).toThrow(
      /Expected each number in one flow; \+12025550111/,
    );
  });
});
