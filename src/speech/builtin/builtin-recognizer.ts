/**
 * The recognizer that needs no download, no key and no network: it hears yes and no, or nothing. For trying, and as the
 * last resort behind the vendors. Every other question gets an empty transcript at once, so that the flow offers the
 * keypad. Synchronous inside, some milliseconds a second of speech; runs in the call workers.
 */
import type { PcmAudio } from '../../audio/audio-format.ts';
import { ProviderError } from '../../errors.ts';
import type { Recognition, Recognizer, SpeechExpectation, Transcript } from '../recognizer.ts';
import { resample } from '../resample.ts';

/** What this file needs of the classifier. `word` is null unless it is sure. */
export interface WordClassifier {
  classify(
    samples: Int16Array,
    sampleRateHz: 8000 | 16000,
  ): { readonly word: 'yes' | 'no' | null; readonly confidence: number };
}

const PROVIDER = 'builtin';
/** The classifier refuses longer ones unheard (8 s): no one-word answer is longer. */
const UTTERANCE_MAX_MS = 8000;
const NOTHING_UNDERSTOOD: Transcript = { text: '', confidence: null, provider: PROVIDER };

export class BuiltinRecognizer implements Recognizer {
  readonly provider = PROVIDER;
  readonly isLive = false;
  readonly #classifier: WordClassifier;

  /** One classifier serves every call of a worker: it keeps nothing from one utterance to the next. */
  constructor(classifier: WordClassifier) {
    this.#classifier = classifier;
  }

  open(expectation: SpeechExpectation, signal: AbortSignal): Recognition {
    const language = expectation.language.toLowerCase().split('-')[0];
    if (expectation.kind !== 'yes-no' || language !== 'en') return DEAF;
    const pieces: PcmAudio[] = [];
    return {
      push: (audio) => {
        pieces.push(audio);
      },
      end: async () => {
        signal.throwIfAborted();
        const audio = join(pieces);
        const durationMs = (audio.samples.length / audio.sampleRateHz) * 1000;
        if (audio.samples.length === 0 || durationMs > UTTERANCE_MAX_MS) return NOTHING_UNDERSTOOD;
        const heard = this.#classify(audio);
        return heard.word === null
          ? NOTHING_UNDERSTOOD
          : { text: heard.word, confidence: heard.confidence, provider: PROVIDER };
      },
    };
  }

  #classify(audio: PcmAudio): ReturnType<WordClassifier['classify']> {
    if (audio.sampleRateHz === 8000) return this.#classifier.classify(audio.samples, 8000);
    return this.#classifier.classify(resample(audio, 16000).samples, 16000);
  }
}

const DEAF: Recognition = {
  push: () => {},
  end: async () => NOTHING_UNDERSTOOD,
};

function join(pieces: readonly PcmAudio[]): PcmAudio {
  const first = pieces[0];
  if (first === undefined) return { samples: new Int16Array(0), sampleRateHz: 8000 };
  if (pieces.length === 1) return first;
  const samples = new Int16Array(pieces.reduce((count, piece) => count + piece.samples.length, 0));
  let at = 0;
  for (const piece of pieces) {
    if (piece.sampleRateHz !== first.sampleRateHz) {
      throw new ProviderError(
        `Expected ${first.sampleRateHz} Hz for every piece of an utterance, received ${piece.sampleRateHz}`,
        { provider: PROVIDER, fault: 'refused' },
      );
    }
    samples.set(piece.samples, at);
    at += piece.samples.length;
  }
  return { samples, sampleRateHz: first.sampleRateHz };
}
