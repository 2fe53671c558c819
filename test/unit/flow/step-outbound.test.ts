/** What a flow does beside asking: transfers that fail, machines that answer, recordings, people who want no more calls. */
import { describe, expect, it } from 'vitest';
import { closingActionsOf } from '../../../src/flow/closing-action.ts';
import { CallWalk, DONE, flowText, load, read } from './flow-fixture.ts';

const QUESTION = '  first: { kind: ask, answer: yes-no, text: Shall I?, next: { yes: desk, no: done } }\n';

describe('a transfer', () => {
  const flow = load(
    flowText(
      `${QUESTION}  desk: { kind: transfer, to: "+12025550123", text: One moment., whisper: "{{name}} said {{first}}.", ring_seconds: 15, otherwise: sorry }
  sorry: { kind: ask, answer: yes-no, text: Nobody is there. Again?, otherwise: done, next: { yes: desk, no: done } }
${DONE}`,
      'variables: { name: Somebody }\n',
    ),
  );
  const transferred = () => new CallWalk(flow, { name: 'Ana' }).callerSays('yes');

  it('says to whoever answers who comes, and how long it rings', () => {
    expect(transferred().actions.at(-1)).toEqual({
      kind: 'transfer',
      transfer: { to: '+12025550123', whisper: 'Ana said yes.', ringSeconds: 15 },
    });
  });

  it('comes back to the flow when nobody answers, as often as it is tried', () => {
    const walk = transferred().happen({ kind: 'transfer.failed' });
    expect(walk.state).toMatchObject({ nodeId: 'sorry', phase: 'asking', outcome: null });
    expect(walk.said).toEqual(['Nobody is there. Again?']);
    walk.callerSays('yes').happen({ kind: 'transfer.failed' }).callerSays('no');
    expect(walk.state).toMatchObject({ nodeId: 'done', outcome: 'done' });
  });

  it('has failed only where there was one', () => {
    const asking = new CallWalk(flow).happen({ kind: 'transfer.failed' });
    expect(asking.actions).toEqual([]);
    const over = new CallWalk(flow).callerSays('no').happen({ kind: 'transfer.failed' });
    expect(over.state.nodeId).toBe('done');
    expect(over.actions).toEqual([]);
  });

  it('is ordered again, with the same words, for a call that was lost on the way', () => {
    expect(closingActionsOf(flow, transferred().state)?.at(-1)).toEqual(transferred().actions.at(-1));
  });

  it('without a node for it ends politely when nobody answers', () => {
    const plain = load(flowText(`${QUESTION}  desk: { kind: transfer, to: "+12025550123" }\n${DONE}`));
    const walk = new CallWalk(plain).callerSays('yes').happen({ kind: 'transfer.failed' });
    expect(walk.said).toEqual(['Sorry, nobody can take your call right now. Goodbye.']);
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'not-transferred' });
  });

  it.each([
    [
      'goes round for ever when nobody answers',
      '  desk: { kind: transfer, to: "+12025550123", otherwise: again }\n  again: { kind: say, text: Again., next: desk }\n',
      /Expected an end for a caller who says nothing.*desk -> again -> desk/,
    ],
    [
      'leads nowhere',
      '  desk: { kind: transfer, to: "+12025550123", otherwise: nobody }\n',
      /did you mean|Expected the name of a node/,
    ],
    [
      'whispers half a name',
      '  desk: { kind: transfer, to: "+12025550123", whisper: "{{who" }\n',
      /without its other half/,
    ],
    [
      'whispers what nobody knows',
      '  desk: { kind: transfer, to: "+12025550123", whisper: "{{who}}" }\n',
      /\{\{who\}\}/,
    ],
  ])('that %s is refused', (_, desk, message) => {
    const problems = read(flowText(QUESTION + desk + DONE)).problems.map((problem) => problem.message);
    expect(problems).toEqual([expect.stringMatching(message)]);
  });
});

describe('a machine that answers', () => {
  const text = `${QUESTION.replace('desk', 'done')}  message: { kind: say, text: "Please call {{name}} back.", next: done }\n${DONE}`;
  const flow = load(flowText(text, 'voicemail: message\nvariables: { name: us }\n'));

  it('hears the message to its end, and what its greeting seemed to answer is forgotten', () => {
    const walk = new CallWalk(flow, { name: 'Ana' });
    walk.happen({ kind: 'answered', listenId: 1, by: 'speech', text: 'maybe' });
    walk.happen({ kind: 'machine' });
    expect(walk.said).toEqual(['Please call Ana back.', 'Bye.']);
    expect(walk.actions[0]).toMatchObject({ bargeIn: false });
    expect(walk.state).toMatchObject({ phase: 'ended', outcome: 'done', answers: {} });
  });

  it('is hung up on where the flow has nothing to say to it', () => {
    const walk = new CallWalk(load(flowText(text, 'variables: { name: us }\n'))).happen({ kind: 'machine' });
    expect(walk.kinds).toEqual(['hangup']);
    expect(walk.state.outcome).toBe('machine');
  });

  it('is told of once: a message with a question does not begin anew', () => {
    const asking = load(flowText(`${QUESTION.replace('desk', 'done')}${DONE}`, 'voicemail: first\n'));
    const walk = new CallWalk(asking).happen({ kind: 'machine' });
    const { state } = walk;
    expect(walk.happen({ kind: 'machine' }).state).toBe(state);
  });

  it('is no news at a goodbye', () => {
    const walk = new CallWalk(flow).callerSays('no');
    expect(walk.happen({ kind: 'machine' }).actions).toEqual([]);
  });
});

describe('a recording', () => {
  const flow = load(
    flowText(
      `  first: { kind: ask, answer: yes-no, text: May we record?, next: begin }
  begin: { kind: record, recording: start, consent: first, text: Recording., next: second }
  second: { kind: ask, answer: yes-no, text: Your card?, next: quiet }
  quiet: { kind: record, recording: stop, text: Not recording., next: third }
  third: { kind: ask, answer: yes-no, text: Anything else?, next: done }
${DONE}`,
    ),
  );

  it('begins with consent, after its notice, and ends before word of that', () => {
    const walk = new CallWalk(flow).callerSays('yes');
    expect(walk.kinds).toEqual(['record', 'play', 'recording', 'play', 'listen']);
    expect(walk.actions[2]).toEqual({ kind: 'recording', isOn: true });
    walk.callerSays('yes');
    expect(walk.kinds).toEqual(['record', 'recording', 'play', 'play', 'listen']);
    expect(walk.actions[1]).toEqual({ kind: 'recording', isOn: false });
  });

  it('ends when consent is taken back, and goes on over a transfer that fails', () => {
    const round = load(
      flowText(
        `  first: { kind: ask, answer: yes-no, text: May we record?, next: begin }
  begin: { kind: record, recording: start, consent: first, next: second }
  second: { kind: ask, answer: yes-no, text: Go on?, next: { yes: desk, no: first } }
  desk: { kind: transfer, to: "+12025550123", otherwise: last }
  last: { kind: ask, answer: yes-no, text: Sorry. Again?, next: done }
${DONE}`,
      ),
    );
    const walk = new CallWalk(round).callerSays('yes').callerSays('no').callerSays('no');
    expect(walk.actions).toContainEqual({ kind: 'recording', isOn: false });
    const back = new CallWalk(round).callerSays('yes').callerSays('yes').happen({ kind: 'transfer.failed' });
    expect(back.actions[0]).toEqual({ kind: 'recording', isOn: true });
    const greeted = new CallWalk(round).callerSays('yes').happen({ kind: 'machine' });
    expect(greeted.actions[0]).toEqual({ kind: 'recording', isOn: false });
  });

  it('does nothing, and says nothing, without consent', () => {
    const walk = new CallWalk(flow).callerSays('no');
    expect(walk.kinds).toEqual(['record', 'play', 'listen']);
    expect(walk.said).toEqual(['Your card?']);
    expect(walk.state.isRecorded).toBeUndefined();
  });

  it('is as the flow left it when the call comes back, as often as that is', () => {
    const walk = new CallWalk(flow).callerSays('yes').happen({ kind: 'resumed' });
    expect(walk.actions[0]).toEqual({ kind: 'recording', isOn: true });
    walk.callerSays('yes').happen({ kind: 'resumed' });
    // Whoever was to be told of its end may have been lost before that.
    expect(walk.actions[0]).toEqual({ kind: 'recording', isOn: false });
  });

  it.each([
    ['without notice or consent', '{ kind: record, recording: start, next: done }', /Expected a notice/],
    [
      'with consent for its end',
      '{ kind: record, recording: stop, consent: ask, next: done }',
      /no consent for the end/,
    ],
    [
      'with the consent of no question',
      '{ kind: record, recording: start, consent: done, next: done }',
      /name of a yes-no question/,
    ],
  ])('%s is refused', (_, node, message) => {
    const ask = '  ask: { kind: ask, answer: yes-no, text: May we?, next: done }\n';
    const text = flowText(`  first: { kind: say, text: A., next: begin }\n  begin: ${node}\n${ask}${DONE}`);
    expect(read(text).problems.map((problem) => problem.message)).toContainEqual(
      expect.stringMatching(message),
    );
  });
});

describe('somebody who wants no more calls', () => {
  it('is put on the list, wherever the flow leads them', () => {
    const flow = load(flowText(`${QUESTION.replace('desk', 'done')}${DONE}`, 'intents: { opt-out: done }\n'));
    const walk = new CallWalk(flow).callerSays('stop calling me');
    expect(walk.kinds).toEqual(['record', 'opt-out', 'play', 'hangup']);
    expect(new CallWalk(flow).callerSays('no').kinds).not.toContain('opt-out');
  });

  it('is put on the list, once, at an end that says so, by whatever they get there', () => {
    const done = DONE.replace('kind: end', 'kind: end, opt_out: true');
    const flow = load(flowText(`${QUESTION.replace('desk', 'done')}${done}`, 'intents: { opt-out: done }\n'));
    const optOuts = (walk: CallWalk) => walk.kinds.filter((kind) => kind === 'opt-out').length;
    expect(optOuts(new CallWalk(flow).callerSays('no'))).toBe(1);
    expect(optOuts(new CallWalk(flow).callerSays('stop calling me'))).toBe(1);
  });
});
