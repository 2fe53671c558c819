import { describe, expect, it } from 'vitest';
import { callUnderTest } from '../../support/call-under-test.ts';

const turns = (rig: ReturnType<typeof callUnderTest>) => rig.commits.map(({ turn }) => turn);

describe('the turns of a call', () => {
  it('commits what was asked, sent, heard and answered together with the state that came of it', async () => {
    const rig = callUnderTest();
    await rig.begin();
    const askedAtWallMs = rig.clock.wallMs();
    await rig.timePasses(900);
    await rig.promptEnds(1);
    await rig.timePasses(400);
    await rig.callerBegins();
    await rig.timePasses(700);
    await rig.utteranceComes();
    await rig.recognizerHears('yes');
    expect(turns(rig)).toEqual([
      undefined,
      {
        listenId: 1,
        nodeId: 'first',
        askedAtWallMs,
        answeredAtWallMs: askedAtWallMs + 2000,
        how: 'speech',
        heard: 'yes',
        value: true,
        playout: { sentMs: 900, heardMs: 900, answerBeganAtWallMs: askedAtWallMs + 1300 },
      },
    ]);
  });

  it.each([3_600_000, -3_600_000])(
    'last as long as they did when the wall clock is set by %i ms (s08)',
    async (stepMs) => {
      const rig = callUnderTest();
      await rig.begin();
      const askedAtWallMs = rig.clock.wallMs();
      await rig.timePasses(900);
      rig.clock.shiftWallMs(stepMs);
      await rig.callerBegins();
      await rig.timePasses(700);
      await rig.utteranceComes();
      await rig.recognizerHears('yes');
      expect(turns(rig)[1]).toMatchObject({
        askedAtWallMs,
        answeredAtWallMs: askedAtWallMs + 1600,
        playout: { answerBeganAtWallMs: askedAtWallMs + 900 },
      });
    },
  );

  it('tells what of a question was not heard since the caller spoke over it', async () => {
    const rig = callUnderTest();
    await rig.begin();
    await rig.callerBegins();
    await rig.receive({
      kind: 'prompt.ended',
      callId: 7,
      playId: 1,
      outcome: 'interrupted',
      playedMs: 300,
      sentMs: 1200,
    });
    await rig.utteranceComes();
    await rig.recognizerHears('no');
    expect(turns(rig)[1]?.playout).toMatchObject({ sentMs: 1200, heardMs: 300 });
  });

  it('knows silence and keys from speech, and forgets a noise', async () => {
    const rig = callUnderTest();
    await rig.begin();
    await rig.promptEnds(1);
    await rig.callerBegins();
    await rig.speechIsDiscarded();
    await rig.nothingIsSaid();
    await rig.digitComes('1');
    expect(turns(rig).slice(1)).toMatchObject([
      { how: 'no input', heard: null, value: null, playout: { answerBeganAtWallMs: null } },
      { how: 'digits', heard: '1', value: true, playout: { answerBeganAtWallMs: rig.clock.wallMs() } },
    ]);
  });

  it('keeps what of the last words was heard, though nothing is asked any more', async () => {
    const rig = callUnderTest();
    await rig.begin();
    await rig.utteranceComes();
    await rig.recognizerHears('bye');
    await rig.promptEnds(99);
    await rig.streamEnds('completed');
    expect(turns(rig).at(-1)).toMatchObject({ listenId: 2, how: null, playout: { heardMs: 900 } });
    expect(rig.closed).toEqual([7]);
  });

  it('keeps a question that the end of the call left open', async () => {
    const rig = callUnderTest();
    await rig.begin();
    await rig.promptEnds(1);
    await rig.streamEnds('caller hung up');
    expect(turns(rig).at(-1)).toMatchObject({ listenId: 1, how: null, answeredAtWallMs: null });
  });
});
