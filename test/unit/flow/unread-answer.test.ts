import { describe, expect, it } from 'vitest';
import { readGiven } from '../../../src/flow/answers/read-given.ts';
import type { Question } from '../../../src/flow/nodes/flow-node.ts';
import { unreadAnswer } from '../../../src/flow/unread-answer.ts';
import { CallWalk, DONE, flowText, load } from './flow-fixture.ts';

const DRINKS = load(
  flowText(
    `  first:
    kind: ask
    answer: choice
    text: Tea or coffee, {{from}}?
    choices: { tea: [a brew], coffee: [java] }
    next: { tea: done, coffee: done }
${DONE}`,
  ),
);

describe('words that the rules may or may not read', () => {
  it('are a question with its answers where they may not', () => {
    const { flow, state } = new CallWalk(DRINKS);
    expect(unreadAnswer(flow, state, 'the one with beans')).toEqual({
      kind: 'choice',
      language: 'en',
      prompt: 'Tea or coffee, +12025550100?',
      choices: [
        { name: 'tea', words: ['tea', 'a brew'] },
        { name: 'coffee', words: ['coffee', 'java'] },
      ],
    });
  });

  it.each([
    ['the rules read it', 'a brew please'],
    ['it is an intent', 'say that again'],
    ['it is what recognizers make of silence', 'Thank you.'],
    ['it is nothing', ' ... '],
  ])('are none where %s', (_why, text) => {
    const { flow, state } = new CallWalk(DRINKS);
    expect(unreadAnswer(flow, state, text)).toBeNull();
  });

  it('are none where nothing is asked', () => {
    const { flow, state } = new CallWalk(DRINKS).callerSays('tea');
    expect(unreadAnswer(flow, state, 'the one with beans')).toBeNull();
  });
});

describe('an answer that something else has read', () => {
  const answered = (text: string, understood: string) => {
    const walk = new CallWalk(DRINKS);
    const { listenId } = walk.state;
    return walk.happen({ kind: 'answered', listenId, by: 'speech', text, understood });
  };

  it('counts where the rules read nothing, and is recorded beside what was said', () => {
    const walk = answered('the one with beans', 'coffee');
    expect(walk.state.answers).toEqual({ first: 'coffee' });
    expect(walk.actions[0]).toMatchObject({ kind: 'record', heard: 'the one with beans', value: 'coffee' });
  });

  it('does not count against the rules', () => {
    expect(answered('tea', 'coffee').state.answers).toEqual({ first: 'tea' });
  });

  it('does not count where the question has no such answer', () => {
    expect(answered('the one with bubbles', 'champagne').state.answers).toEqual({});
  });

  const yesNo: Question = { answer: 'yes-no', yes: [], no: [], keypad: {} };
  const number = (decimals: boolean): Question => ({
    answer: 'number',
    min: 1,
    max: 120,
    decimals,
    units: [],
  });
  const digits: Question = { answer: 'digits', minLength: 4, maxLength: 5 };

  it.each<[Question, string, unknown]>([
    [yesNo, 'yes', true],
    [yesNo, 'no', false],
    [yesNo, 'Yes', null],
    [yesNo, '', null],
    [number(false), '35', 35],
    [number(false), '35.5', null],
    [number(true), '35.5', 35.5],
    [number(false), '0', null],
    [number(false), '121', null],
    [number(false), '1e2', null],
    [number(false), 'Infinity', null],
    [number(false), '', null],
    [digits, '0123', '0123'],
    [digits, '012', null],
    [digits, '012345', null],
    [digits, '01a3', null],
  ])('of %o given as "%s" is %s', (question, given, value) => {
    expect(readGiven(question, given)).toBe(value);
  });
});
