import { describe, expect, it } from 'vitest';
import { closingActionsOf } from '../../../src/flow/closing-action.ts';
import { initialState } from '../../../src/flow/initial-state.ts';
import { step } from '../../../src/flow/step.ts';
import { CallWalk, DONE, flowText, load } from './flow-fixture.ts';

const flow = load(
  flowText(
    `  first: { kind: say, text: "Hello {{name}}.", next: intro }
  intro: { kind: say, text: Two questions., next: age }
  age:
    kind: ask
    answer: number
    text: How old are you?
    no_match: [A number please., Your age please.]
    no_input: [Are you there?]
    next:
      - { when: age < 18, goto: young }
      - { goto: smoker }
  smoker: { kind: ask, answer: yes-no, text: "You are {{age}}. Do you smoke?", tries: 2, otherwise: lost, next: { yes: desk, no: done } }
  young: { kind: end, outcome: too-young, text: Too young. }
  lost: { kind: end, outcome: lost }
  desk: { kind: transfer, to: "+12025550123", text: One moment. }
  stop: { kind: end, outcome: opt-out, text: We will not call. }
${DONE}`,
    'variables: { name: there, count: 1 }\nintents: { opt-out: stop, operator: desk }\n',
  ),
);
const call = () => new CallWalk(flow);

describe('a call that begins', () => {
  it('says everything up to the first question, then listens', () => {
    const walk = call();
    expect(walk.said).toEqual(['Hello there.', 'Two questions.', 'How old are you?']);
    expect(walk.kinds).toEqual(['play', 'play', 'play', 'listen']);
    expect(walk.state).toMatchObject({ nodeId: 'age', phase: 'asking', listenId: 1, nextPlayId: 4 });
  });

  it('takes the values that the call brings, of known names and the right kind', () => {
    const walk = new CallWalk(flow, { name: 'Ana\u0000 B', count: 'many', other: 1 });
    expect(walk.said[0]).toBe('Hello Ana B.');
    expect(walk.state.variables).toEqual({
      name: 'Ana B',
      count: 1,
      from: '+12025550100',
      to: '+12025550101',
    });
  });

  it('begins once', () => {
    const walk = call();
    const before = walk.state;
    walk.happen({ kind: 'started', from: '', to: '', variables: {} });
    expect(walk.state).toBe(before);
    expect(walk.actions).toEqual([]);
  });

  it('tells the recognizer and the keypad what is expected', () => {
    expect(call().actions.at(-1)).toMatchObject({
      kind: 'listen',
      expect: {
        kind: 'number',
        language: 'en',
        keypad: { maxDigits: 7, terminator: '#', interDigitMs: 3_000 },
      },
      endOfSpeechMs: 800,
    });
  });
});

describe('an answer', () => {
  it('is recorded, and leads on by the rules', () => {
    const walk = call().callerSays("I'm forty two");
    expect(walk.actions[0]).toEqual({
      kind: 'record',
      nodeId: 'age',
      heard: "I'm forty two",
      by: 'speech',
      value: 42,
    });
    expect(walk.said).toEqual(['You are 42. Do you smoke?']);
    expect(walk.state).toMatchObject({ nodeId: 'smoker', answers: { age: 42 }, turnIndex: 1, listenId: 2 });
  });

  it('ends the call with an outcome where the rule says so', () => {
    const walk = call().callerPresses('17#');
    expect(walk.kinds).toEqual(['record', 'play', 'hangup']);
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'too-young', nodeId: 'young' });
  });

  it('leads to a transfer', () => {
    const walk = call().callerSays('42').callerPresses('1');
    expect(walk.actions.slice(1)).toEqual([
      expect.objectContaining({ kind: 'play' }),
      { kind: 'transfer', transfer: { to: '+12025550123', whisper: '', ringSeconds: 20 } },
    ]);
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'transferred' });
    expect(closingActionsOf(flow, walk.state)).toMatchObject([
      { kind: 'play', nodeId: 'desk', prompt: { text: 'One moment.' } },
      { kind: 'transfer', transfer: { to: '+12025550123', whisper: '', ringSeconds: 20 } },
    ]);
  });

  it('to an older question is stale and changes nothing', () => {
    const walk = call().callerSays('42');
    const before = walk.state;
    for (const kind of ['no.input', 'not.understood', 'recognizer.failed'] as const)
      walk.happen({ kind, listenId: 1 });
    walk.happen({ kind: 'answered', listenId: 1, by: 'speech', text: 'yes' });
    expect(walk.state).toBe(before);
    expect(walk.actions).toEqual([]);
  });

  it('before the first question is stale too', () => {
    const state = initialState(flow, { from: '', to: '', variables: {} });
    const event = { kind: 'answered', listenId: 0, by: 'speech', text: 'yes' } as const;
    expect(step(flow, state, event)).toEqual({ state, actions: [] });
  });
});

describe('a question that is not answered', () => {
  it('is asked again in the words for the first, then the second try', () => {
    const walk = call().callerSays('hm');
    expect(walk.kinds).toEqual(['record', 'play', 'listen']);
    expect(walk.said).toEqual(['A number please.']);
    expect(walk.happen({ kind: 'not.understood', listenId: 2 }).said).toEqual(['Your age please.']);
    expect(walk.state).toMatchObject({ noMatchCount: 2, noInputCount: 0 });
  });

  it('has other words for silence', () => {
    expect(call().callerIsSilent().said).toEqual(['Are you there?']);
  });

  it('has a system text before the question where the author gave none', () => {
    const walk = call().callerSays('42').callerIsSilent();
    expect(walk.said).toEqual(["Sorry, I didn't hear anything.", 'You are 42. Do you smoke?']);
  });

  it('offers the keypad when the recognizer failed', () => {
    const walk = call().callerSays('42').happen({ kind: 'recognizer.failed', listenId: 2 });
    expect(walk.said).toEqual([
      'Sorry, I have trouble hearing you. Please use the keypad. Press 1 for yes. Press 2 for no.',
    ]);
    expect(walk.kinds.at(-1)).toBe('listen');
  });

  it('is given up when the tries, of any sort, are used up', () => {
    const walk = call().callerIsSilent().callerSays('hm').callerIsSilent();
    expect(walk.kinds).toEqual(['play', 'hangup']);
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'undecided' });
  });

  it("goes where the author's `otherwise` says", () => {
    const walk = call().callerSays('42').callerIsSilent().callerIsSilent();
    expect(walk.kinds).toEqual(['hangup']);
    expect(walk.state.outcome).toBe('lost');
  });

  it('counts afresh at the next question', () => {
    const walk = call().callerIsSilent().callerIsSilent().callerSays('42');
    expect(walk.state).toMatchObject({ nodeId: 'smoker', noInputCount: 0, noMatchCount: 0 });
  });
});

describe('what may be said at any question', () => {
  it('ends with the opt-out node', () => {
    const walk = call().callerSays('Take me off your list');
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'opt-out', answers: {} });
    expect(walk.actions[0]).toMatchObject({ kind: 'record', value: null });
  });

  it('goes to the operator', () => {
    expect(call().callerSays('operator').actions.at(-1)).toEqual({
      kind: 'transfer',
      transfer: { to: '+12025550123', whisper: '', ringSeconds: 20 },
    });
  });

  it('repeats the question without counting a try', () => {
    const walk = call().callerSays('Pardon?');
    expect(walk.said).toEqual(['How old are you?']);
    expect(walk.state).toMatchObject({ noMatchCount: 0, repeatCount: 1, listenId: 2 });
  });

  it('repeats five times, then counts', () => {
    const walk = call();
    for (let times = 0; times < 6; times++) walk.callerSays('Pardon?');
    expect(walk.state).toMatchObject({ repeatCount: 5, noMatchCount: 1 });
  });
});

describe('a call that comes back', () => {
  it('hears an apology and the current question; earlier answers stand', () => {
    const walk = call().callerSays('42').happen({ kind: 'resumed' });
    expect(walk.said).toEqual([
      "Sorry, we had a short problem on the line. Let's go on.",
      'You are 42. Do you smoke?',
    ]);
    expect(walk.state).toMatchObject({ resumes: 1, listenId: 3, answers: { age: 42 } });
  });

  it('begins from the start when nothing was asked yet', () => {
    const state = initialState(flow, { from: '', to: '', variables: {} });
    expect(step(flow, state, { kind: 'resumed' }).actions).toHaveLength(4);
  });

  it('is let go politely when the flow no longer has the question', () => {
    const { state } = call();
    const stepped = step(flow, { ...state, nodeId: 'gone' }, { kind: 'resumed' });
    expect(stepped.state).toMatchObject({ phase: 'ended', outcome: 'undecided' });
    expect(stepped.actions.at(-1)).toEqual({ kind: 'hangup' });
  });

  it('is let go politely the fourth time', () => {
    const walk = call();
    for (let times = 0; times < 4; times++) walk.happen({ kind: 'resumed' });
    expect(walk.said).toEqual(['Sorry, something went wrong on our side. Goodbye.']);
    expect(walk.kinds).toEqual(['play', 'hangup']);
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'undecided' });
  });

  it('is not let go while something is heard of the caller in between, be it silence', () => {
    const walk = call();
    for (let times = 0; times < 3; times++) walk.happen({ kind: 'resumed' });
    walk.callerSays('42');
    for (let times = 0; times < 3; times++) walk.happen({ kind: 'resumed' });
    walk.callerIsSilent();
    for (let times = 0; times < 3; times++) walk.happen({ kind: 'resumed' });
    expect(walk.state).toMatchObject({ phase: 'asking', answers: { age: 42 }, resumes: 3 });
  });
});

describe('a call that ended', () => {
  it('does nothing more', () => {
    const walk = call().happen({ kind: 'ended', reason: 'caller hung up' });
    expect(walk.actions).toEqual([]);
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: null });
    const before = walk.state;
    walk.callerSays('42').callerIsSilent().happen({ kind: 'resumed' });
    expect(walk.state).toBe(before);
    expect(walk.actions).toEqual([]);
  });

  it('is closed by its goodbye and a hang-up when it comes back', () => {
    const walk = call();
    expect(closingActionsOf(flow, walk.state)).toBeNull();
    walk.callerPresses('17');
    expect(closingActionsOf(flow, walk.state)).toMatchObject([
      { kind: 'play', playId: walk.state.nextPlayId, prompt: { text: 'Too young.' } },
      { kind: 'hangup' },
    ]);
  });

  it('is not changed by prompts that end', () => {
    const walk = call();
    const before = walk.state;
    walk.happen({ kind: 'prompt.ended', playId: 1, outcome: 'failed', playedMs: 0 });
    expect(walk.state).toBe(before);
  });
});
