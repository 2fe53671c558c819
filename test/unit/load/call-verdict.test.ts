import { describe, expect, it } from 'vitest';
import type { CallPlan } from '../../../src/load/call-plan.ts';
import { type StreamEnding, verdictOf } from '../../../src/load/call-verdict.ts';

function plan(endedBy: CallPlan['expected']['endedBy'], steps = 2): CallPlan {
  const press = { kind: 'press', digits: '1', thinkMs: 0 } as const;
  const expected = { endedBy, endReason: 'completed', outcome: null, answers: {} } as const;
  return { kind: 'talking', to: '+15005550001', steps: new Array(steps).fill(press), expected };
}

const ending = (how: StreamEnding['how'], code = 0, stepsDone = 2, mediaReceived = 50): StreamEnding => ({
  how,
  code,
  stepsDone,
  mediaReceived,
});

describe('the verdict on a call', () => {
  it.each([
    ['closed by the server after all its steps', 'server', ending('closed', 1000), false, 'right'],
    ['closed with no code', 'server', ending('closed', 1005), false, 'right'],
    ['closed before its last step', 'server', ending('closed', 1000, 1), false, 'wrong'],
    ['closed with the code of a failure', 'server', ending('closed', 1011), false, 'dropped'],
    ['broken', 'server', ending('broken'), false, 'dropped'],
    ['refused at its upgrade', 'server', ending('refused', 403), false, 'dropped'],
    ['sent what a carrier does not take', 'server', ending('protocol'), false, 'dropped'],
    ['hung up as planned', 'caller', ending('hung-up'), false, 'right'],
    ['closed by the server before it could hang up', 'caller', ending('closed', 1000, 1), false, 'wrong'],
    ['hung up with the run', 'server', ending('hung-up', 0, 1), true, 'cut'],
    ['hung up with the run before it would itself', 'caller', ending('hung-up', 0, 1), true, 'cut'],
    ['only listening, to the end', 'nobody', ending('hung-up', 0, 2), true, 'right'],
    [
      'only listening, and not answered yet when the run was over',
      'nobody',
      ending('hung-up', 0, 0, 0),
      true,
      'cut',
    ],
    ['only listening, and closed by the server', 'nobody', ending('closed', 1000), false, 'wrong'],
    ['broken when the run is over', 'server', ending('broken'), true, 'dropped'],
  ] as const)('of one that was %s', (_name, endedBy, how, isRunOver, verdict) => {
    expect(verdictOf(plan(endedBy), how, isRunOver)).toBe(verdict);
  });
});
