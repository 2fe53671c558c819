/** What a machine and a recording do to a call, with a real flow: what is posted, and when. */
import { describe, expect, it } from 'vitest';
import { scriptOf } from '../../../src/call/flow-script.ts';
import { callUnderTest, settle } from '../../support/call-under-test.ts';
import { DONE, flowText, load } from '../flow/flow-fixture.ts';

function called(nodes: string, top = '') {
  const script = scriptOf(load(flowText(nodes, top)), { from: '', to: '' });
  return callUnderTest({ parts: { scriptFor: () => script } });
}

const QUESTION = '  first: { kind: ask, answer: yes-no, text: Shall I?, next: done }\n';
const MESSAGE = '  message: { kind: end, outcome: left, text: Please call back. }\n';

describe('a machine that answers', () => {
  it('hears no question that was being committed, and its message at once', async () => {
    const t = called(QUESTION + MESSAGE + DONE, 'voicemail: message\n');
    t.store.holds = true;
    await t.begin();
    t.call.receive({ kind: 'machine', callId: 7 });
    t.commits[0]!.finish('durable');
    await settle();
    expect(t.count('play')).toBe(0);
    t.commits[1]!.finish('durable');
    await settle();
    expect(t.posted.filter(({ kind }) => kind === 'play')).toMatchObject([
      { promptKey: 'Please call back.' },
    ]);
    expect(t.last('finish')).toMatchObject({ disposition: { kind: 'hangup' } });
  });

  it('hears nothing of what another worker had begun to say', async () => {
    const t = called(QUESTION + MESSAGE + DONE, 'voicemail: message\n');
    await t.begin();
    t.posted.length = 0;
    t.call.receive({ kind: 'machine', callId: 7 });
    await settle();
    const kinds = t.posted.map(({ kind }) => kind).filter((kind) => kind !== 'note');
    expect(kinds.lastIndexOf('clear')).toBeLessThan(kinds.indexOf('play'));
    expect(kinds).toContain('stop.listening');
  });
});

describe('a recording', () => {
  const flow = `  first: { kind: say, text: Hello., next: begin }
  begin: { kind: record, recording: start, text: We record this., next: ask }
  ask: { kind: ask, answer: yes-no, text: Shall I?, next: done }
${DONE}`;
  const ended = (playId: number, outcome: 'played' | 'failed') =>
    ({ kind: 'prompt.ended', callId: 7, playId, outcome, playedMs: 100, sentMs: 100 }) as const;

  it('begins when its notice was heard, and not before', async () => {
    const t = called(flow);
    await t.begin();
    t.call.receive(ended(1, 'played'));
    expect(t.count('recording')).toBe(0);
    t.call.receive(ended(2, 'played'));
    expect(t.last('recording')).toMatchObject({ isOn: true });
  });

  it('does not begin where its notice could not be heard', async () => {
    const t = called(flow);
    await t.begin();
    for (const playId of [1, 2, 3]) t.call.receive(ended(playId, 'failed'));
    expect(t.count('recording')).toBe(0);
  });
});
