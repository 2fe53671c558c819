import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BAND_COUNT, MelFeatures } from '../../../../src/speech/builtin/mel-features.ts';
import { YesNoClassifier } from '../../../../src/speech/builtin/yes-no-classifier.ts';
import { createRandom, fromMulaw, gaussian } from '../../../../training/yes-no/telephone.ts';

/** Held-out voices, raw mu-law at 8 kHz, named `<expected>.<text>.<voice>.ulaw`; see `training/yes-no/make-fixtures.ts`. */
const FIXTURES = new URL('../../../fixtures/yes-no/', import.meta.url);
const recordings = readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.ulaw'))
  .map((name) => ({
    name,
    expected: name.split('.')[0]!,
    samples: Int16Array.from(readFileSync(new URL(name, FIXTURES)), fromMulaw),
  }));

const classifier = YesNoClassifier.load();
const WEIGHTS = new URL('../../../../src/speech/builtin/yes-no-model.bin', import.meta.url);

const make = (count: number, sampleAt: (i: number) => number): Int16Array =>
  Int16Array.from({ length: count }, (_, i) => Math.max(-32768, Math.min(32767, Math.round(sampleAt(i)))));

/** Linear interpolation: crude, and enough to ask whether the 16 kHz path hears the same words. */
const toDoubleRate = (samples: Int16Array): Int16Array =>
  make(samples.length * 2, (i) => {
    const left = samples[i >> 1]!;
    return i % 2 === 0 ? left : (left + (samples[(i >> 1) + 1] ?? left)) / 2;
  });

describe('answers of voices it was not trained on', () => {
  const answers = recordings.filter(({ expected }) => expected !== 'null');

  it.each(answers)('never takes $name for the opposite', ({ samples, expected }) => {
    expect([expected, null]).toContain(classifier.classify(samples, 8000).word);
  });

  it('understands at least three in four', () => {
    const right = answers.filter((r) => classifier.classify(r.samples, 8000).word === r.expected);
    expect(answers).toHaveLength(13);
    expect(right.length).toBeGreaterThanOrEqual(10);
  });

  it('understands the southern British "no", whose vowel is its own', () => {
    const british = answers.find(({ name }) => name === 'no.no.en-gb.ulaw')!;
    expect(classifier.classify(british.samples, 8000).word).toBe('no');
  });

  it('hears the same at 16 kHz', () => {
    const right = answers.filter(
      (r) => classifier.classify(toDoubleRate(r.samples), 16000).word === r.expected,
    );
    expect(right.length).toBeGreaterThanOrEqual(10);
  });

  it('hears the same 18 dB quieter', () => {
    const right = answers.filter(
      (r) =>
        classifier.classify(
          r.samples.map((sample) => Math.trunc(sample / 8)),
          8000,
        ).word === r.expected,
    );
    expect(right.length).toBeGreaterThanOrEqual(10);
  });
});

describe('what it refuses', () => {
  it.each(recordings.filter(({ expected }) => expected === 'null'))('refuses $name', ({ samples }) => {
    expect(classifier.classify(samples, 8000).word).toBeNull();
  });

  const random = createRandom(7);
  it.each([
    ['nothing at all', new Int16Array(0)],
    ['one sample', new Int16Array([32767])],
    ['less than a frame', new Int16Array(199).fill(1000)],
    ['exactly one frame', make(200, (i) => 9000 * Math.sin(i))],
    ['digital silence', new Int16Array(16000)],
    ['a constant offset', new Int16Array(16000).fill(12000)],
    ['the full negative scale', new Int16Array(16000).fill(-32768)],
    ['alternating full scale', make(16000, (i) => (i % 2 === 0 ? 32767 : -32768))],
    ['a click', make(16000, (i) => (i === 8000 ? 30000 : 0))],
    ['faint noise', make(16000, () => 3 * gaussian(random))],
    ['loud noise', make(16000, () => 8000 * gaussian(random))],
    ['a steady tone', make(16000, (i) => 8000 * Math.sin((2 * Math.PI * 440 * i) / 8000))],
    [
      'a keypad tone',
      make(8000, (i) => (i % 8000 < 4000 ? 6000 * (Math.sin(i * 0.547) + Math.sin(i * 0.95)) : 0)),
    ],
    ['mains hum', make(16000, (i) => 3000 * Math.sign(Math.sin((2 * Math.PI * 50 * i) / 8000)))],
    ['a minute of noise', make(480_000, () => 2000 * gaussian(random))],
  ])('refuses %s', (_, samples) => {
    for (const rate of [8000, 16000] as const) expect(classifier.classify(samples, rate).word).toBeNull();
  });

  it('refuses speech that goes on for too long to be an answer', () => {
    const words = recordings
      .filter(({ expected }) => expected === 'no')
      .flatMap(({ samples }) => [...samples]);
    expect(classifier.classify(Int16Array.from(words.slice(0, 32_000)), 8000).word).toBeNull();
  });
});

describe('as a component', () => {
  it('gives the same result whatever it heard before', () => {
    const first = recordings.map(({ samples }) => classifier.classify(samples, 8000));
    const again = recordings.toReversed().map(({ samples }) => classifier.classify(samples, 8000));
    expect(again.toReversed()).toEqual(first);
  });

  it('keeps the confidence between 0 and 1, and at or above the threshold for a word', () => {
    for (const { samples } of recordings) {
      const { word, confidence } = classifier.classify(samples, 8000);
      expect(confidence).toBeGreaterThanOrEqual(word === null ? 0 : 0.3);
      expect(confidence).toBeLessThanOrEqual(1);
    }
  });

  it('leaves the caller’s samples as they were', () => {
    const { samples } = recordings[0]!;
    const copy = samples.slice();
    classifier.classify(samples, 8000);
    expect(samples).toEqual(copy);
  });

  it('survives clipped speech', () => {
    for (const { samples } of recordings) {
      const clipped = samples.map((sample) => Math.max(-32768, Math.min(32767, sample * 40)));
      expect(() => classifier.classify(clipped, 8000)).not.toThrow();
    }
  });
});

describe('the weights file', () => {
  const file = readFileSync(WEIGHTS);

  it.each([
    ['an empty file', new Uint8Array(0)],
    ['another file', new TextEncoder().encode('this is not a weights file, but long enough')],
    ['a truncated file', file.subarray(0, file.length - 1)],
    ['a damaged file', Uint8Array.from(file, (byte, i) => (i === 5000 ? byte ^ 1 : byte))],
    ['another version', Uint8Array.from(file, (byte, i) => (i === 4 ? byte + 1 : byte))],
  ])('refuses %s', (_, bytes) => {
    expect(() => YesNoClassifier.load(bytes)).toThrow(/yes\/no weights file/);
  });

  it('loads from a view into a larger buffer', () => {
    const larger = new Uint8Array(file.length + 3);
    larger.set(file, 3);
    const { samples } = recordings[0]!;
    const result = YesNoClassifier.load(larger.subarray(3)).classify(samples, 8000);
    expect(result).toEqual(classifier.classify(samples, 8000));
  });
});

describe('features', () => {
  it('are those that the network was trained on', () => {
    const golden = JSON.parse(readFileSync(new URL('log-mel.json', FIXTURES), 'utf8')) as {
      recording: string;
      features: number[][];
    };
    const { samples } = recordings.find(({ name }) => name === golden.recording)!;
    const features = new MelFeatures(1000);
    const frames = features.compute(Float32Array.from(samples, (sample) => sample / 32768));
    const ours = new Float64Array(frames * BAND_COUNT);
    features.normalize(0, frames, ours, 0);
    expect(frames).toBe(golden.features.length);
    for (const [i, value] of golden.features.flat().entries()) expect(ours[i]!).toBeCloseTo(value, 2.7);
  });
});
