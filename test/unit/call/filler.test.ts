import { describe, expect, it } from 'vitest';
import { callUnderTest } from '../../support/call-under-test.ts';

/** The question was heard, and the caller has just said something: 600 ms of silence told us that it was over. */
async function turnTaken() {
  const t = callUnderTest();
  await t.begin();
  await t.promptStarts(1);
  await t.promptEnds(1);
  await t.utteranceComes();
  return t;
}

describe('a caller who waits', () => {
  it('hears a filler 2.5 s after they stopped, the end of speech included', async () => {
    const t = await turnTaken();
    await t.timePasses(1899);
    expect(t.count('fill')).toBe(0);
    await t.timePasses(1);
    expect(t.last('fill')).toEqual({ kind: 'fill', callId: 7, playId: -2, promptKey: 'One moment.' });
  });

  it('hears it again 2.5 s after it ended, for as long as it takes', async () => {
    const t = await turnTaken();
    await t.timePasses(1900);
    await t.promptStarts(-2);
    await t.timePasses(1000);
    await t.promptEnds(-2);
    await t.timePasses(2499);
    expect(t.count('fill')).toBe(1);
    await t.timePasses(1);
    expect(t.last('fill')?.playId).toBe(-3);
  });

  it('hears none while they speak, and 2.5 s after they stopped again', async () => {
    const t = await turnTaken();
    await t.recognizerHears('yes');
    await t.callerSpeaks();
    await t.timePasses(6000);
    expect(t.count('fill')).toBe(0);
    await t.speechIsDiscarded();
    await t.timePasses(2499);
    expect(t.count('fill')).toBe(0);
    await t.timePasses(1);
    expect(t.count('fill')).toBe(1);
  });

  it('hears none once the answer begins', async () => {
    const t = await turnTaken();
    await t.recognizerHears('yes');
    await t.timePasses(1000);
    await t.promptStarts(2);
    await t.timePasses(20_000);
    expect(t.count('fill')).toBe(0);
  });

  it('hears one where the answer is known and its audio does not come', async () => {
    const t = await turnTaken();
    await t.recognizerHears('yes');
    await t.timePasses(2500);
    expect(t.count('fill')).toBe(1);
    // It is played before what waits, and the wait goes on after it.
    await t.promptStarts(-2);
    await t.promptEnds(-2);
    await t.timePasses(2500);
    expect(t.count('fill')).toBe(2);
    await t.promptStarts(2);
    await t.timePasses(10_000);
    expect(t.count('fill')).toBe(2);
  });

  it('hears one between two prompts of which the second does not come', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.timePasses(2500);
    expect(t.count('fill')).toBe(1);
  });

  it('hears none while it is their turn', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.promptStarts(1);
    await t.promptEnds(1);
    await t.timePasses(20_000);
    expect(t.count('fill')).toBe(0);
  });

  it('hears none while they dial', async () => {
    const t = callUnderTest({ expect: { ...THREE_DIGITS } });
    await t.begin();
    await t.promptStarts(1);
    await t.promptEnds(1);
    await t.utteranceComes();
    await t.digitComes('1');
    await t.timePasses(2900);
    expect(t.count('fill')).toBe(0);
  });

  it('hears none any more after the stream has ended', async () => {
    const t = await turnTaken();
    await t.streamEnds();
    await t.timePasses(10_000);
    expect(t.count('fill')).toBe(0);
    expect(t.clock.pendingTimers()).toBe(0);
  });
});

describe('a question that cannot be heard', () => {
  it('ends the call with words of the carrier: nobody shall wait for it in silence', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.promptEnds(1, 'failed');
    expect(t.last('finish')).toEqual({
      kind: 'finish',
      callId: 7,
      reason: 'call failed',
      disposition: { kind: 'hangup' },
      lastWords: 'Something went wrong.',
    });
  });

  it('is another matter than one that was interrupted', async () => {
    const t = callUnderTest();
    await t.begin();
    await t.promptEnds(1, 'interrupted');
    expect(t.count('finish')).toBe(0);
  });
});

const THREE_DIGITS = {
  kind: 'digits',
  language: 'en',
  keywords: [],
  keypad: { maxDigits: 3, terminator: '#', interDigitMs: 3000 },
} as const;
