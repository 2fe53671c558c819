import { describe, expect, it } from 'vitest';
import { callUnderTest, NUMBER, speechAudio } from '../../support/call-under-test.ts';

describe('a call', () => {
  it('greets the caller and listens, once the first state is committed', async () => {
    const t = callUnderTest();
    t.store.holds = true;
    await t.begin();
    // Whoever takes the call over must know of the state before the store can; the caller is told nothing yet.
    expect(t.posted.map(({ kind }) => kind)).toEqual(['snapshot']);
    await t.commitEnds(0);
    expect(t.posted.map(({ kind }) => kind)).toEqual(['snapshot', 'note', 'play', 'listen']);
    expect(t.script.events).toEqual([
      { kind: 'started', from: '+12025550100', to: '+12025550199', variables: {} },
    ]);
  });

  it('goes on when the store defers', async () => {
    const t = callUnderTest();
    t.store.holds = true;
    await t.begin();
    await t.commitEnds(0, 'deferred');
    expect(t.count('listen')).toBe(1);
  });

  it('asks for each prompt before it plays it', async () => {
    const t = callUnderTest();
    await t.begin();
    expect(t.wanted).toEqual(['Question 1?']);
    expect(t.last('play')).toMatchObject({ playId: 1, promptKey: 'Question 1?', bargeIn: true });
  });

  it('holds the next event until a transition is committed', async () => {
    const t = callUnderTest();
    await t.begin();
    t.store.holds = true;
    await t.digitComes('1');
    await t.promptEnds(1);
    expect(t.script.events.map(({ kind }) => kind)).toEqual(['started', 'answered']);
    await t.commitEnds(1);
    expect(t.script.events.map(({ kind }) => kind)).toEqual(['started', 'answered', 'prompt.ended']);
  });

  it('commits nothing for an event that changes nothing', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.promptEnds(1);
    expect(t.commits).toHaveLength(1);
  });

  it('takes what the recognizer hears as the answer', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    expect(t.recognizer.opened[0]?.expectation).toEqual({
      kind: 'yes-no',
      language: 'en',
      keywords: ['yes', 'no'],
    });
    expect(t.recognizer.opened[0]?.audio[0]).toMatchObject({ sampleRateHz: 8000 });
    await t.recognizerHears(' yes ');
    expect(t.events('answered')).toEqual([{ kind: 'answered', listenId: 1, by: 'speech', text: 'yes' }]);
    expect(t.posted.filter(({ kind }) => kind === 'note')).toContainEqual({
      kind: 'note',
      callId: 7,
      note: { kind: 'caller said', text: 'yes', how: 'speech', answer: 'true', nodeId: 'first' },
    });
  });

  it('tells the flow that nothing was understood when the transcript is empty', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    await t.recognizerHears('  ');
    expect(t.script.events.at(-1)).toEqual({ kind: 'not.understood', listenId: 1 });
  });

  it('tells the flow that the recognizer failed', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    await t.recognizerFails(new Error('HTTP 500'));
    expect(t.script.events.at(-1)).toEqual({ kind: 'recognizer.failed', listenId: 1 });
    expect(t.count('call.failed')).toBe(0);
  });

  it.each([
    ['too short to be a word', { voicedMs: 40 }],
    ['too quiet to be a word', { audio: speechAudio(400, 20) }],
  ])('sends no recognizer what is %s', async (_name, about) => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes(about);
    expect(t.recognizer.opened).toHaveLength(0);
    expect(t.script.events.at(-1)).toEqual({ kind: 'not.understood', listenId: 1 });
  });

  it('lets a caller who says it again replace what they said first', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    await t.utteranceComes();
    expect(t.recognizer.opened[0]?.signal.aborted).toBe(true);
    await t.recognizerHears('yes', 0);
    expect(t.events('answered')).toEqual([]);
    await t.recognizerHears('no', 1);
    expect(t.events('answered')).toMatchObject([{ text: 'no' }]);
  });

  it('does not let a cough replace what was said', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    await t.utteranceComes({ voicedMs: 40 });
    await t.recognizerHears('yes', 0);
    expect(t.events('answered')).toMatchObject([{ text: 'yes' }]);
    expect(t.events('not.understood')).toEqual([]);
  });

  it('ignores an utterance that answers an earlier question', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.digitComes('1');
    await t.utteranceComes({ listenId: 1 });
    expect(t.recognizer.opened).toHaveLength(0);
  });

  it('takes silence as silence, but not while an answer is on its way', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    await t.nothingIsSaid();
    expect(t.events('no.input')).toEqual([]);
    await t.recognizerHears('yes');
    await t.nothingIsSaid();
    expect(t.events('no.input')).toEqual([{ kind: 'no.input', listenId: 2 }]);
    expect(t.last('note')?.note).toMatchObject({ kind: 'bot said' });
  });
});

describe('the keypad', () => {
  it("answers a yes-no question at the first digit, and stops the question's sound", async () => {
    const t = callUnderTest();
    await t.begin();
    await t.digitComes('1');
    expect(t.events('answered')).toEqual([{ kind: 'answered', listenId: 1, by: 'digits', text: '1' }]);
    const kinds = t.posted.map(({ kind }) => kind);
    expect(t.count('clear')).toBe(1);
    expect(kinds.indexOf('clear')).toBeLessThan(kinds.lastIndexOf('play'));
  });

  it('clears nothing once the question was heard', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.promptEnds(1);
    await t.digitComes('1');
    expect(t.count('clear')).toBe(0);
  });

  it('lets a prompt that allows no barge-in be heard to its end', async () => {
    const t = callUnderTest();
    t.script.bargeIn = false;
    await t.begin();
    await t.digitComes('1');
    expect(t.count('clear')).toBe(0);
    expect(t.events('answered')).toHaveLength(1);
  });

  it('aborts a recognition in flight, and the answer counts once', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    await t.digitComes('2');
    expect(t.recognizer.opened[0]?.signal.aborted).toBe(true);
    await t.recognizerHears('yes');
    expect(t.events('answered')).toEqual([{ kind: 'answered', listenId: 1, by: 'digits', text: '2' }]);
  });

  it('does not let a key pressed twice answer the next question too', async () => {
    const t = callUnderTest();
    await t.begin();
    t.store.holds = true;
    await t.digitComes('1');
    await t.digitComes('1');
    await t.commitEnds(1);
    expect(t.events('answered')).toHaveLength(1);
  });

  it('collects digits up to the terminator, which is no part of them', async () => {
    const t = callUnderTest({ expect: NUMBER });
    await t.begin();
    await t.digitComes('6');
    await t.digitComes('5');
    expect(t.events('answered')).toEqual([]);
    await t.digitComes('#');
    expect(t.events('answered')).toMatchObject([{ text: '65', by: 'digits' }]);
  });

  it('takes what was collected when no digit follows in time', async () => {
    const t = callUnderTest({ expect: NUMBER });
    await t.begin();
    await t.digitComes('6');
    await t.timePasses(2000);
    await t.digitComes('5');
    await t.timePasses(2999);
    expect(t.events('answered')).toEqual([]);
    await t.timePasses(1);
    expect(t.events('answered')).toMatchObject([{ text: '65' }]);
  });

  it('takes as many digits as the question can have', async () => {
    const t = callUnderTest({ expect: NUMBER });
    await t.begin();
    for (const digit of ['1', '0', '1', '9']) await t.digitComes(digit);
    expect(t.events('answered')).toMatchObject([{ text: '101' }]);
  });

  it.each(['A', '11', ''])('ignores "%s", which is no key', async (digit) => {
    const t = callUnderTest();
    await t.begin();
    await t.digitComes(digit);
    expect(t.events('answered')).toEqual([]);
  });

  it('ignores a terminator with nothing before it', async () => {
    const t = callUnderTest({ expect: NUMBER });
    await t.begin();
    await t.digitComes('#');
    expect(t.events('answered')).toEqual([]);
  });

  it('hears no utterance while digits are being entered', async () => {
    const t = callUnderTest({ expect: NUMBER });
    await t.begin();
    await t.digitComes('6');
    await t.utteranceComes();
    await t.nothingIsSaid();
    expect(t.recognizer.opened).toHaveLength(0);
    expect(t.events('no.input')).toEqual([]);
  });
});

describe('a silent media plane', () => {
  it('is taken for a silent caller, by the wall clock', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.promptEnds(1);
    await t.timePasses(5_000 + 10_000 + 5_999);
    expect(t.events('no.input')).toEqual([]);
    await t.timePasses(1);
    expect(t.events('no.input')).toEqual([{ kind: 'no.input', listenId: 1 }]);
  });

  it('is not waited for while a prompt never ends', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.timePasses(125_000 + 5_000 + 10_000 + 6_000);
    expect(t.events('no.input')).toHaveLength(1);
  });

  it('leaves a recognition its own deadline', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.promptEnds(1);
    await t.timePasses(20_000);
    await t.utteranceComes();
    await t.timePasses(1_000);
    expect(t.events('no.input')).toEqual([]);
    await t.recognizerHears('yes');
    expect(t.events('answered')).toHaveLength(1);
  });

  it('ends a call whose flow waits for nothing', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.promptEnds(1);
    await t.utteranceComes();
    await t.recognizerHears('mute');
    expect(t.last('stop.listening')).toBeDefined();
    await t.timePasses(5_000);
    expect(t.last('call.failed')?.error.code).toBe('ERR_INVALID_STATE');
  });
});

describe('the end of a call', () => {
  const endedByFlow = async (word: string) => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    await t.recognizerHears(word);
    return t;
  };

  it('is decided, said and then left to the media plane', async () => {
    const t = await endedByFlow('bye');
    expect(t.last('note')?.note).toMatchObject({ kind: 'bot said', text: 'Goodbye.' });
    expect(t.posted).toContainEqual({
      kind: 'note',
      callId: 7,
      note: { kind: 'decided', outcome: 'bye', answers: {} },
    });
    expect(t.posted.at(-1)).toEqual({
      kind: 'finish',
      callId: 7,
      reason: 'completed',
      disposition: { kind: 'hangup' },
      lastWords: 'Goodbye.',
    });
    const kinds = t.posted.map(({ kind }) => kind);
    expect(kinds.indexOf('stop.listening')).toBeLessThan(kinds.lastIndexOf('play'));
  });

  it('can be a transfer', async () => {
    const t = await endedByFlow('transfer');
    expect(t.last('finish')).toMatchObject({
      reason: 'transferred',
      disposition: { kind: 'transfer', transfer: { to: '+12025550111', whisper: '', ringSeconds: 20 } },
    });
    // Committed with the state that says so: another node may be the one that is asked where to.
    expect(t.commits.map(({ transfer }) => transfer?.to).filter(Boolean)).toEqual(['+12025550111']);
  });

  it('hears nothing any more after its goodbye', async () => {
    const t = await endedByFlow('bye');
    const before = t.posted.length;
    await t.digitComes('1');
    for (const playId of [1, 2, 99]) await t.promptEnds(playId);
    expect(t.posted).toHaveLength(before);
    expect(t.clock.pendingTimers()).toBe(0);
  });

  it('aborts what is in flight, commits a last state and closes', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    await t.streamEnds();
    expect(t.recognizer.opened[0]?.signal.aborted).toBe(true);
    expect(t.script.events.at(-1)).toEqual({ kind: 'ended', reason: 'caller hung up' });
    expect(t.commits.at(-1)?.state).toMatchObject({ phase: 'ended' });
    expect(t.closed).toEqual([7]);
    expect(t.clock.pendingTimers()).toBe(0);
  });

  it('keeps what of its goodbye was heard, as the call that was moved last', async () => {
    const t = callUnderTest({ move: 2 });
    await t.begin();
    await t.utteranceComes();
    await t.recognizerHears('bye');
    await t.promptEnds(99);
    await t.streamEnds('completed');
    expect(t.commits.at(-1)).toMatchObject({ turn: { nodeId: 'first', how: null }, move: 2 });
    expect(t.commits.map(({ move }) => move)).toEqual(t.commits.map(() => 2));
  });

  it('leaves the last state as it was when the stream may come back', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.streamEnds('stream lost');
    expect(t.events('ended')).toEqual([]);
    expect(t.commits).toHaveLength(1);
    expect(t.closed).toEqual([7]);
  });

  it('waits for a commit in flight, and does not act on it', async () => {
    const t = callUnderTest();
    await t.begin();
    t.store.holds = true;
    await t.digitComes('1');
    await t.streamEnds();
    const before = t.posted.length;
    await t.commitEnds(1);
    expect(t.closed).toEqual([]);
    await t.commitEnds(2);
    expect(t.posted).toHaveLength(before);
    expect(t.closed).toEqual([7]);
  });

  it('comes once, however often it is told', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.streamEnds();
    await t.streamEnds('no media');
    await t.utteranceComes();
    expect(t.closed).toEqual([7]);
    expect(t.events('ended')).toHaveLength(1);
  });
});

describe('a call that comes back', () => {
  it('goes on from its state', async () => {
    const first = callUnderTest();
    await first.begin();
    const t = callUnderTest({ state: structuredClone(first.last('snapshot')?.state) });
    await t.begin();
    expect(t.script.events).toEqual([{ kind: 'resumed' }]);
    expect(t.last('listen')).toMatchObject({ listenId: 2 });
  });

  it('starts anew when its flow is not served any more', async () => {
    const t = callUnderTest({ state: { flowHash: 'another', nodeId: 'first' } });
    await t.begin();
    expect(t.script.events).toMatchObject([{ kind: 'started' }]);
  });

  it.each([
    ['bye', { kind: 'hangup' }],
    ['transfer', { kind: 'transfer', transfer: { to: '+12025550111', whisper: '', ringSeconds: 20 } }],
  ])('does what was left to do when it was lost during its goodbye: %s', async (said, disposition) => {
    const first = callUnderTest();
    await first.begin();
    await first.utteranceComes();
    await first.recognizerHears(said);
    const t = callUnderTest({ state: first.last('snapshot')?.state });
    await t.begin();
    expect(t.posted).toMatchObject([{ kind: 'snapshot' }, { kind: 'finish', disposition }]);
  });

  it('does that only once its state is committed: the store may not have it yet', async () => {
    const first = callUnderTest();
    await first.begin();
    await first.utteranceComes();
    await first.recognizerHears('bye');
    const t = callUnderTest({ state: first.last('snapshot')?.state });
    t.store.holds = true;
    await t.begin();
    expect(t.count('finish')).toBe(0);
    await t.commitEnds(0);
    expect(t.count('finish')).toBe(1);
  });
});

describe('a throw in the call', () => {
  it('of its flow ends it, once, with the error', async () => {
    const t = callUnderTest();
    await t.begin();
    t.script.throws = new TypeError('no such node');
    await t.digitComes('1');
    expect(t.last('call.failed')?.error).toEqual({
      name: 'TypeError',
      code: 'ERR_INVALID_STATE',
      message: 'no such node',
    });
    await t.digitComes('1');
    expect(t.count('call.failed')).toBe(1);
    expect(t.clock.pendingTimers()).toBe(0);
    await t.streamEnds('call failed');
    expect(t.closed).toEqual([7]);
  });

  it('before its first word ends it', async () => {
    const t = callUnderTest({
      parts: {
        scriptFor: () => {
          throw new Error('no flow');
        },
      },
    });
    await t.begin();
    expect(t.posted).toMatchObject([{ kind: 'call.failed', error: { message: 'no flow' } }]);
  });

  it('of a recognizer that breaks its contract ends it', async () => {
    const t = callUnderTest();
    await t.begin();
    t.recognizer.throwsOnOpen = new Error('not loaded');
    await t.utteranceComes();
    expect(t.last('call.failed')?.error.message).toBe('not loaded');
  });

  it('of its store ends it', async () => {
    const t = callUnderTest({ parts: { store: { commit: () => Promise.reject(new Error('defect')) } } });
    await t.begin();
    expect(t.last('call.failed')?.error.message).toBe('defect');
  });

  it('in its last step still closes it', async () => {
    const t = callUnderTest();
    await t.begin();
    t.script.throws = new Error('at the end');
    await t.streamEnds();
    expect(t.closed).toEqual([7]);
  });

  it('is known by the call that was served', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.utteranceComes();
    await t.recognizerHears('yes');
    await t.timePasses(1000);
    expect(new Set(t.served)).toEqual(new Set([7]));
    // begin, its commit, the utterance, the transcript, its commit
    expect(t.served).toHaveLength(5);
  });
});
