import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowEvent } from '../../../src/flow/event.ts';
import { initialState } from '../../../src/flow/initial-state.ts';
import { step } from '../../../src/flow/step.ts';
import { CallWalk, shippedFlow } from './flow-fixture.ts';

const flows = [shippedFlow('eligibility'), shippedFlow('appointment')];

const said = fc.oneof(
  fc.constantFrom(
    'yes',
    'no',
    'maybe',
    '42',
    '12',
    'keep',
    'move it',
    'cancel',
    'pardon',
    'operator',
    'stop calling',
    '1980',
  ),
  fc.string(),
);

/** An event about the current listen (0), or about one so much older or newer. */
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answered' as const),
      offset: fc.constantFrom(0, 0, 0, -1, 1),
      by: fc.constantFrom('speech' as const, 'digits' as const),
      text: said,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('no.input' as const, 'not.understood' as const, 'recognizer.failed' as const),
      offset: fc.constantFrom(0, 0, -1),
    }),
  },
  fc.constant({ kind: 'resumed' as const }),
  fc.constant({ kind: 'started' as const, from: '', to: '', variables: { name: 'Ana' } }),
  fc.constant({ kind: 'prompt.ended' as const, playId: 1, outcome: 'played' as const, playedMs: 5 }),
  { weight: 1, arbitrary: fc.constant({ kind: 'ended' as const, reason: 'caller hung up' }) },
);

describe('step, for any events in any order', () => {
  it('keeps its promises', () => {
    fc.assert(
      fc.property(fc.constantFrom(...flows), fc.array(event, { maxLength: 40 }), (flow, events) => {
        let state = initialState(flow, { from: '+12025550100', to: '', variables: {} });
        let lastPlayId = 0;
        for (const { ...drawn } of events) {
          const next = (
            'offset' in drawn ? { ...drawn, listenId: state.listenId + drawn.offset } : drawn
          ) as FlowEvent;
          const stepped = step(flow, state, next);
          expect(step(flow, state, next)).toEqual(stepped);
          expect(JSON.parse(JSON.stringify(stepped.state))).toEqual(stepped.state);
          expect(structuredClone(stepped)).toEqual(stepped);
          if (state.phase === 'ended') {
            expect(stepped).toEqual({ state, actions: [] });
            expect(stepped.state).toBe(state);
          }
          expect(stepped.state.listenId).toBeGreaterThanOrEqual(state.listenId);
          expect(stepped.actions.length).toBeLessThan(Object.keys(flow.nodes).length + 4);
          const kinds = stepped.actions.map((action) => action.kind);
          const waits = kinds.filter((kind) => kind === 'listen' || kind === 'hangup' || kind === 'transfer');
          if (kinds.length > 0) {
            expect(waits).toHaveLength(1);
            expect(kinds.at(-1)).toBe(waits[0]);
            expect(stepped.state.phase).toBe(waits[0] === 'listen' ? 'asking' : 'ended');
          }
          for (const action of stepped.actions) {
            if (action.kind === 'listen') {
              expect(action.listenId).toBe(stepped.state.listenId);
              expect(action.listenId).toBe(state.listenId + 1);
            }
            if (action.kind === 'play') expect(action.playId).toBe(++lastPlayId);
          }
          state = stepped.state;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('ends every call of a caller who falls silent', () => {
    fc.assert(
      fc.property(fc.constantFrom(...flows), fc.array(said, { maxLength: 12 }), (flow, answers) => {
        const walk = new CallWalk(flow);
        for (const text of answers) walk.callerSays(text);
        const triesMax = 10 * Object.keys(flow.nodes).length;
        for (let tries = 0; tries < triesMax && walk.state.phase === 'asking'; tries++) walk.callerIsSilent();
        expect(walk.state.phase).toBe('ended');
        expect(walk.state.outcome).not.toBeNull();
      }),
    );
  });
});
