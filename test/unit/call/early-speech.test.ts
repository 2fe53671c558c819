import { describe, expect, it } from 'vitest';
import { callUnderTest, speechAudio } from '../../support/call-under-test.ts';

async function asked(options: { isLive?: boolean; speculates?: boolean } = {}) {
  const { isLive = false, speculates = true } = options;
  const t = callUnderTest({ parts: { speculates } });
  t.recognizer.isLive = isLive;
  await t.begin();
  const heardSamples = (index: number) =>
    t.recognizer.opened[index]!.audio.reduce((count, { samples }) => count + samples.length, 0);
  return { ...t, heardSamples };
}

describe("a call that transcribes in the caller's first pause", () => {
  it('asks the media plane for pauses of 200 ms, and for no pieces', async () => {
    const t = await asked();
    expect(t.last('listen')).toMatchObject({ provisionalMs: 200, chunkMs: 0 });
  });

  it('asks for none where it shall not', async () => {
    const t = await asked({ speculates: false });
    expect(t.last('listen')).toMatchObject({ provisionalMs: 0, chunkMs: 0 });
  });

  it('answers at the end of the utterance with what was heard in the pause', async () => {
    const t = await asked();
    await t.callerPauses();
    await t.recognizerHears('yes');
    expect(t.events('answered')).toEqual([]);
    await t.utteranceComes();
    expect(t.events('answered')).toMatchObject([{ text: 'yes' }]);
    expect(t.recognizer.opened).toHaveLength(1);
  });

  it('waits for a transcript that takes longer than the pause', async () => {
    const t = await asked();
    await t.callerPauses();
    await t.utteranceComes();
    expect(t.recognizer.opened).toHaveLength(1);
    await t.recognizerHears('no');
    expect(t.events('answered')).toMatchObject([{ text: 'no' }]);
  });

  it('throws away what it began when the caller goes on, and hears the whole', async () => {
    const t = await asked();
    await t.callerPauses();
    await t.recognizerHears('no');
    await t.callerGoesOn();
    expect(t.recognizer.opened[0]?.signal.aborted).toBe(true);
    await t.utteranceComes();
    await t.recognizerHears('no problem');
    expect(t.events('answered')).toMatchObject([{ text: 'no problem' }]);
    expect(t.recognizer.opened).toHaveLength(2);
  });

  it('counts each transcription that it began in a pause', async () => {
    const tallied = await asked();
    await tallied.callerPauses();
    await tallied.callerGoesOn();
    await tallied.callerPauses();
    expect(tallied.tally.take()).toEqual([
      { role: 'recognizer', provider: 'fake', outcome: 'speculated', requests: 2 },
    ]);
  });

  it('begins none for what is too short to be a word', async () => {
    const t = await asked();
    await t.callerPauses({ voicedMs: 40 });
    await t.callerPauses({ audio: speechAudio(400, 5) });
    expect(t.recognizer.opened).toEqual([]);
  });

  it('lets go of it where the speech turned out to be none', async () => {
    const t = await asked();
    await t.callerPauses();
    await t.speechIsDiscarded();
    expect(t.recognizer.opened[0]?.signal.aborted).toBe(true);
    await t.nothingIsSaid();
    expect(t.events('no.input')).toHaveLength(1);
  });

  it('lets go of it when a key is pressed', async () => {
    const t = await asked();
    await t.callerPauses();
    await t.recognizerHears('yes');
    await t.digitComes('2');
    await t.utteranceComes();
    expect(t.events('answered')).toMatchObject([{ by: 'digits', text: '2' }]);
  });

  it('offers keys at the end of the utterance where the transcription failed in the pause', async () => {
    const t = await asked();
    await t.callerPauses();
    await t.recognizerFails(new Error('reset'));
    expect(t.events('recognizer.failed')).toEqual([]);
    await t.utteranceComes();
    expect(t.events('recognizer.failed')).toHaveLength(1);
  });

  it('keeps the speech while the recognizer reads it, and its memory no longer', async () => {
    const t = await asked();
    const [paused, whole] = [speechAudio(), speechAudio()];
    await t.callerPauses({ audio: paused });
    expect(paused.detached).toBe(false);
    await t.recognizerHears('yes');
    expect(paused.detached).toBe(true);
    await t.utteranceComes({ audio: whole });
    expect(whole.detached).toBe(true);
  });

  it('keeps what it threw away until the recognizer has let go of it', async () => {
    const t = await asked();
    const audio = speechAudio();
    await t.callerPauses({ audio });
    await t.callerGoesOn();
    expect(audio.detached).toBe(false);
    await t.recognizerFails(new Error('aborted'));
    expect(audio.detached).toBe(true);
  });

  it('keeps no memory of what is no speech', async () => {
    const t = await asked();
    const audio = speechAudio(400, 5);
    await t.utteranceComes({ audio });
    expect(audio.detached).toBe(true);
  });

  it('is not held up by a pause in speech that comes over an earlier answer', async () => {
    const t = await asked();
    await t.utteranceComes();
    await t.callerPauses();
    await t.recognizerHears('yes', 0);
    expect(t.events('answered')).toMatchObject([{ text: 'yes' }]);
    expect(t.recognizer.opened[1]?.signal.aborted).toBe(true);
  });
});

describe('a call with a live recognizer', () => {
  it('asks the media plane for pieces of 160 ms, and for no pauses', async () => {
    const t = await asked({ isLive: true });
    expect(t.last('listen')).toMatchObject({ provisionalMs: 0, chunkMs: 160 });
  });

  it('has the caller heard while they speak, each sample once', async () => {
    const t = await asked({ isLive: true });
    await t.callerSaysPiece(0);
    await t.callerSaysPiece(1);
    expect(t.heardSamples(0)).toBe(2 * 160 * 8);
    await t.utteranceComes({ audio: speechAudio(400) });
    expect(t.heardSamples(0)).toBe(400 * 8);
    await t.recognizerHears('yes');
    expect(t.events('answered')).toMatchObject([{ text: 'yes' }]);
    expect(t.recognizer.opened).toHaveLength(1);
  });

  it('begins anew with the next utterance', async () => {
    const t = await asked({ isLive: true });
    await t.callerSaysPiece(0);
    await t.speechIsDiscarded();
    expect(t.recognizer.opened[0]?.signal.aborted).toBe(true);
    await t.callerSaysPiece(1);
    expect(t.recognizer.opened).toHaveLength(1);
    await t.callerSaysPiece(0);
    expect(t.heardSamples(1)).toBe(160 * 8);
  });

  it('hears a whole utterance of which no piece came', async () => {
    const t = await asked({ isLive: true });
    await t.utteranceComes();
    expect(t.heardSamples(0)).toBe(400 * 8);
  });
});
