import { expect, it } from 'vitest';
import type { CallObserver } from '../../../src/server/call-directory.ts';
import { LastQuestions } from '../../../src/server/last-questions.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function rig() {
  const clock = new FakeClock();
  let observer: CallObserver = {};
  const questions = new LastQuestions(clock, {
    observe: (given) => {
      observer = given;
      return () => {};
    },
  });
  return { clock, questions, ends: observer.onEnd!.bind(observer) };
}

it('waits for the carrier of each ended call until it asks', () => {
  const { ends, questions } = rig();
  ends('CA1', 'completed');
  ends('CA2', 'transferred');
  questions.answered('CA1');
  questions.answered('CA3');
  expect(questions.count()).toBe(1);
  questions.answered('CA2');
  expect(questions.count()).toBe(0);
});

it('waits for 5 s at most, from the last end of the call', () => {
  const { clock, ends, questions } = rig();
  ends('CA1', 'stream lost');
  ends('CA2', 'completed');
  clock.advanceMs(3000);
  ends('CA1', 'completed');
  clock.advanceMs(2000);
  expect(questions.count()).toBe(1);
  clock.advanceMs(3000);
  expect(questions.count()).toBe(0);
});

it('does not wait where nobody will ask', () => {
  const { ends, questions } = rig();
  ends('CA1', 'caller hung up');
  ends('CA2', 'superseded');
  expect(questions.count()).toBe(0);
});
