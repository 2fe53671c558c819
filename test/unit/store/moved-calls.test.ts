import { expect, it } from 'vitest';
import { MovedCalls } from '../../../src/store/moved-calls.ts';

function commit(callSid: string, attempt: number, move?: number) {
  const of = {
    kind: 'commit',
    callSid,
    attempt,
    state: '{}',
    outcome: null,
    answers: '{}',
    atWallMs: 0,
  } as const;
  return move === undefined ? of : { ...of, move };
}

it("refuses a lost worker's commit once the call has committed on another", () => {
  const moved = new MovedCalls();
  expect(moved.admit(commit('a', 0))).toBe(true);
  expect(moved.admit(commit('a', 0, 1))).toBe(true);
  expect(moved.admit(commit('a', 0))).toBe(false);
  expect(moved.admit(commit('a', 0, 1))).toBe(true);
  expect(moved.admit(commit('a', 0, 2))).toBe(true);
  expect(moved.admit(commit('a', 0, 1))).toBe(false);
});

it('leaves other calls and other attempts alone: those are fenced by the store', () => {
  const moved = new MovedCalls();
  moved.admit(commit('a', 0, 2));
  expect(moved.admit(commit('b', 0))).toBe(true);
  expect(moved.admit(commit('a', 1))).toBe(true);
});

it('forgets the oldest of more than 10,000 calls', () => {
  const moved = new MovedCalls();
  for (let call = 0; call <= 10_000; call++) moved.admit(commit(`call ${call}`, 0, 1));
  expect(moved.admit(commit('call 0', 0))).toBe(true);
  expect(moved.admit(commit('call 1', 0))).toBe(false);
});
