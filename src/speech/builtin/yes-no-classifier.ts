/**
 * The built-in recognizer of yes and no: needs no download, no key and no network. It hears "yes, yeah, yep, yes I do,
 * correct, sure" and "no, nope, nah, no I don't, I do not, not really" in English, and says so only when it is sure;
 * everything else is no match, for a wrong answer is far worse than a repeated question. It is no speech recognizer:
 * there are no other words in it. How it was trained, and its figures, are in `training/yes-no/README.md`.
 *
 * Runs in the call workers: synchronous, deterministic, about ten milliseconds an utterance of two seconds. One
 * instance keeps about four megabytes, most of them weights, and serves one caller at a time: one a worker is enough.
 */
import { readFileSync } from 'node:fs';
import { PADDING_FRAMES } from './convolution.ts';
import { toHalfRate } from './decimator.ts';
import { BAND_COUNT, FEATURE_RATE_HZ, HOP_SAMPLES, MelFeatures } from './mel-features.ts';
import { Network } from './network.ts';
import { findSpeech } from './speech-extent.ts';
import { parseYesNoModel, type YesNoModel } from './yes-no-model.ts';

/** What was heard. `confidence` is the network's probability of the likelier answer, 0 to 1, also when `word` is null. */
export interface YesNoResult {
  readonly word: 'yes' | 'no' | null;
  readonly confidence: number;
}

/** Longer recordings are not one-word answers; they are refused unheard, which bounds cost and memory. */
const LONGEST_MS = 8000;
const MOST_FRAMES = (LONGEST_MS * FEATURE_RATE_HZ) / 1000 / HOP_SAMPLES;
/** Sound kept before and after the speech: faint first and last consonants lie outside what energy finds. */
const MARGIN_FRAMES = 30;
/** The longest speech that `findSpeech` lets through, and the margins. */
const MOST_NETWORK_FRAMES = 220 + 2 * MARGIN_FRAMES;

const NOTHING: YesNoResult = { word: null, confidence: 0 };

export class YesNoClassifier {
  readonly #model: YesNoModel;
  readonly #features = new MelFeatures(MOST_FRAMES);
  readonly #scratch = new Float64Array(MOST_FRAMES);
  readonly #input = new Float64Array((MOST_NETWORK_FRAMES + 2 * PADDING_FRAMES) * BAND_COUNT);
  readonly #networks: readonly Network[];

  private constructor(model: YesNoModel) {
    this.#model = model;
    this.#networks = model.networks.map((layers) => new Network(model.classCount, layers, this.#input));
  }

  /** From the bytes of a weights file, by default the shipped one. Throws InvalidStateError on damaged bytes. */
  static load(weights?: Uint8Array): YesNoClassifier {
    const file = weights ?? readFileSync(new URL('./yes-no-model.bin', import.meta.url));
    return new YesNoClassifier(parseYesNoModel(file));
  }

  /**
   * `samples` are one utterance, mono; up to some seconds of silence around the speech do no harm. Sound above 4 kHz is
   * not used. Never throws for any audio, also none.
   */
  classify(samples: Int16Array, sampleRateHz: 8000 | 16000): YesNoResult {
    if (samples.length > (LONGEST_MS * sampleRateHz) / 1000) return NOTHING;
    const audio = sampleRateHz === 16000 ? toHalfRate(samples) : toFloats(samples);
    const frames = this.#features.compute(audio);
    const speech = findSpeech(this.#features.loudness, frames, this.#scratch);
    if (speech === null) return NOTHING;
    const from = Math.max(0, speech.from - MARGIN_FRAMES);
    const to = Math.min(frames, speech.to + MARGIN_FRAMES);
    this.#features.normalize(from, to, this.#input, PADDING_FRAMES * BAND_COUNT);
    return this.#decide(to - from);
  }

  #decide(frames: number): YesNoResult {
    const { classCount, yesCount, yesThreshold, noThreshold } = this.#model;
    let yes = 0;
    let no = 0;
    for (const network of this.#networks) {
      network.run(frames);
      for (let i = 0; i < yesCount; i++) yes += network.probabilities[i]!;
      for (let i = yesCount; i < classCount - 1; i++) no += network.probabilities[i]!;
    }
    yes /= this.#networks.length;
    no /= this.#networks.length;
    if (yes >= yesThreshold && yes > no) return { word: 'yes', confidence: Math.min(1, yes) };
    if (no >= noThreshold && no > yes) return { word: 'no', confidence: Math.min(1, no) };
    return { word: null, confidence: Math.min(1, Math.max(yes, no)) };
  }
}

function toFloats(samples: Int16Array): Float32Array {
  const floats = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) floats[i] = samples[i]! / 32768;
  return floats;
}
