import { describe, expect, it } from 'vitest';
import type { TallyStep } from '../../../../src/channel/store-messages.ts';
import { type FlowDrawing, toFlowView } from '../../../../src/server/board/flow-view.ts';

const HASH = 'abcdef0123456789'.repeat(4);

/** welcome (said) -> adult? -> thanks (said) -> age? -> eligible; `no` and no answer end it. */
const FLOW: FlowDrawing = {
  name: 'eligibility',
  hash: HASH,
  start: 'welcome',
  nodes: [
    { id: 'welcome', kind: 'say', prompt: 'Hello.' },
    { id: 'adult', kind: 'ask', prompt: 'Are you {{age}}?' },
    { id: 'thanks', kind: 'say', prompt: 'Thanks.' },
    { id: 'age', kind: 'ask', prompt: 'How old?' },
    { id: 'eligible', kind: 'end', prompt: 'Yes.' },
    { id: 'not-eligible', kind: 'end', prompt: 'No.' },
    { id: '$opt-out', kind: 'end', prompt: '' },
  ],
  edges: [
    { from: 'welcome', to: 'adult', label: '' },
    { from: 'adult', to: 'thanks', label: 'adult' },
    { from: 'adult', to: 'not-eligible', label: 'else' },
    { from: 'adult', to: 'not-eligible', label: 'otherwise' },
    { from: 'thanks', to: 'age', label: '' },
    { from: 'age', to: 'eligible', label: '' },
    { from: 'age', to: 'not-eligible', label: 'otherwise' },
  ],
  intents: [{ intent: 'opt-out', to: '$opt-out' }],
};

const step = (
  from: string | null,
  to: string,
  calls: number,
  wasAnswered = true,
  flowHash = HASH,
): TallyStep => ({
  from,
  to,
  calls,
  wasAnswered,
  flowHash,
});

function countsOf(steps: readonly TallyStep[]): Record<string, number> {
  const { edges } = toFlowView(FLOW, steps, ['eligibility']);
  return Object.fromEntries(
    edges
      .filter((edge) => edge.callsToday > 0)
      .map((edge) => [`${edge.from}>${edge.to} ${edge.label}`, edge.callsToday]),
  );
}

describe('the view of a flow', () => {
  it('shows every node with what it says as it is written, and every edge', () => {
    const view = toFlowView(FLOW, [], ['eligibility', 'other']);
    expect(view).toMatchObject({ name: 'eligibility', version: 'abcdef012345', start: 'welcome' });
    expect(view.nodes[1]).toEqual({ id: 'adult', kind: 'ask', text: 'Are you {{age}}?' });
    expect(view.edges).toEqual(FLOW.edges.map((edge) => ({ ...edge, callsToday: 0 })));
    expect(view.names).toEqual(['eligibility', 'other']);
  });

  it('counts a step on each edge of its way, through what is only said', () => {
    expect(countsOf([step(null, 'adult', 9, false), step('adult', 'age', 5)])).toEqual({
      'welcome>adult ': 9,
      'adult>thanks adult': 5,
      'thanks>age ': 5,
    });
  });

  it('tells ways with an answer from those without', () => {
    expect(countsOf([step('adult', 'not-eligible', 3), step('adult', 'not-eligible', 2, false)])).toEqual({
      'adult>not-eligible else': 3,
      'adult>not-eligible otherwise': 2,
    });
  });

  it('draws what callers can say anywhere only where somebody said it', () => {
    expect(countsOf([step('age', '$opt-out', 1)])).toEqual({ 'age>$opt-out opt-out': 1 });
  });

  it('counts nothing of another version, nor a step that this one does not have', () => {
    expect(
      countsOf([step('adult', 'age', 5, true, 'another'), step('age', 'adult', 4), step('gone', 'age', 4)]),
    ).toEqual({});
  });
});
