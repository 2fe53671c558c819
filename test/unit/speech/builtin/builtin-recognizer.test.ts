import { describe, expect, it } from 'vitest';
import type { PcmAudio, SampleRateHz } from '../../../../src/audio/audio-format.ts';
import { BuiltinRecognizer, type WordClassifier } from '../../../../src/speech/builtin/builtin-recognizer.ts';
import type { SpeechExpectation } from '../../../../src/speech/recognizer.ts';

const YES_NO: SpeechExpectation = { kind: 'yes-no', language: 'en-US', keywords: [] };

const audio = (sampleCount: number, sampleRateHz: SampleRateHz = 8000): PcmAudio => ({
  samples: new Int16Array(sampleCount).fill(1000),
  sampleRateHz,
});

function recognizerUnderTest(word: 'yes' | 'no' | null = 'yes') {
  const heard: { sampleCount: number; rateHz: number }[] = [];
  const classifier: WordClassifier = {
    classify: (samples, rateHz) => {
      heard.push({ sampleCount: samples.length, rateHz });
      return { word, confidence: 0.97 };
    },
  };
  const recognizer = new BuiltinRecognizer(classifier);
  const hear = (expectation: SpeechExpectation, ...pieces: PcmAudio[]) => {
    const recognition = recognizer.open(expectation, new AbortController().signal);
    for (const piece of pieces) recognition.push(piece);
    return recognition.end();
  };
  return { recognizer, heard, hear };
}

describe('BuiltinRecognizer', () => {
  it('says the word that it is sure of', async () => {
    const { hear } = recognizerUnderTest('no');
    expect(await hear(YES_NO, audio(4000))).toEqual({ text: 'no', confidence: 0.97, provider: 'builtin' });
  });

  it('says nothing when it is not', async () => {
    expect((await recognizerUnderTest(null).hear(YES_NO, audio(4000))).text).toBe('');
  });

  it.each([
    { ...YES_NO, kind: 'number' },
    { ...YES_NO, kind: 'choice' },
    { ...YES_NO, kind: 'digits' },
    { ...YES_NO, language: 'de' },
  ] satisfies SpeechExpectation[])('is deaf to $kind in $language', async (expectation) => {
    const { heard, hear } = recognizerUnderTest();
    expect((await hear(expectation, audio(4000))).text).toBe('');
    expect(heard).toEqual([]);
  });

  it('hears the pieces of an utterance as one', async () => {
    const { heard, hear } = recognizerUnderTest();
    await hear(YES_NO, audio(1600), audio(800));
    expect(heard).toEqual([{ sampleCount: 2400, rateHz: 8000 }]);
  });

  it('brings other rates to one that the classifier takes', async () => {
    const { heard, hear } = recognizerUnderTest();
    await hear(YES_NO, audio(48_000, 48000));
    await hear(YES_NO, audio(16_000, 16000));
    expect(heard).toEqual([
      { sampleCount: 16_000, rateHz: 16000 },
      { sampleCount: 16_000, rateHz: 16000 },
    ]);
  });

  it('does not listen to nothing, nor to a speech', async () => {
    const { heard, hear } = recognizerUnderTest();
    expect((await hear(YES_NO)).text).toBe('');
    expect((await hear(YES_NO, audio(8 * 8000 + 1))).text).toBe('');
    expect(heard).toEqual([]);
  });

  it('refuses pieces of different rates', async () => {
    await expect(recognizerUnderTest().hear(YES_NO, audio(800), audio(800, 16000))).rejects.toMatchObject({
      code: 'ERR_PROVIDER',
    });
  });

  it('stops where it was aborted', async () => {
    const { recognizer, heard } = recognizerUnderTest();
    const abort = new AbortController();
    const recognition = recognizer.open(YES_NO, abort.signal);
    recognition.push(audio(4000));
    abort.abort();
    await expect(recognition.end()).rejects.toMatchObject({ name: 'AbortError' });
    expect(heard).toEqual([]);
  });
});
