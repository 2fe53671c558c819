/**
 * One stretch of speech on its way to a transcript, from its first piece or its first pause on: what comes of it counts
 * only once it is known to be over. Not what a transcript means. Call worker; `Listening` owns it.
 *
 *   hears pieces --finish(whole)--> waits for the transcript --> told
 *   provisional, with or without an outcome --finish--> told, at once if the outcome was there
 *   any --withdraw--> nothing is told
 *
 * The audio is its own: given back once the recognition has ended, or was never to hear it.
 */
import type { PcmAudio } from '../audio/audio-format.ts';
import type { Recognition, Recognizer, SpeechExpectation, Transcript } from '../speech/recognizer.ts';
import { releaseAudio } from '../speech/utterance.ts';

export type SpeechOutcome =
  | { readonly kind: 'transcript'; readonly transcript: Transcript }
  | { readonly kind: 'failure'; readonly thrown: unknown };

export class HeardSpeech {
  readonly #abort = new AbortController();
  readonly #recognition: Recognition;
  readonly #tell: (outcome: SpeechOutcome) => void;
  readonly #pieces: PcmAudio[] = [];
  #pushedSamples = 0;
  #isEnded = false;
  #isFinished = false;
  #outcome: SpeechOutcome | null = null;

  /** `tell` is called at most once, after `finish`, and never after `withdraw`. */
  constructor(
    recognizer: Recognizer,
    expectation: SpeechExpectation,
    tell: (outcome: SpeechOutcome) => void,
  ) {
    this.#tell = tell;
    this.#recognition = recognizer.open(expectation, this.#abort.signal);
  }

  /** The next piece of speech that goes on. */
  hear(piece: PcmAudio): void {
    if (this.#isEnded || piece.samples.length === 0) {
      releaseAudio(piece);
      return;
    }
    this.#pieces.push(piece);
    this.#recognition.push(piece);
    this.#pushedSamples += piece.samples.length;
  }

  /** This may have been all: the recognizer begins. */
  endProvisionally(audio: PcmAudio): void {
    this.hear(audio);
    this.#end();
  }

  /** It is over. `whole` is all of it: what the recognizer has not heard yet it hears now, unless it has begun. */
  finish(whole: PcmAudio): void {
    this.#isFinished = true;
    const { samples, sampleRateHz } = whole;
    // The rest of it or, where that has been heard, nothing: then the memory goes back.
    this.hear({ samples: samples.subarray(this.#pushedSamples), sampleRateHz });
    if (!this.#isEnded) this.#end();
    if (this.#outcome !== null) this.#tell(this.#outcome);
  }

  /** Nothing will come of it. Idempotent. */
  withdraw(): void {
    this.#isEnded = true;
    this.#abort.abort();
  }

  #end(): void {
    this.#isEnded = true;
    this.#recognition.end().then(
      (transcript) => this.#settle({ kind: 'transcript', transcript }),
      (thrown: unknown) => this.#settle({ kind: 'failure', thrown }),
    );
  }

  #settle(outcome: SpeechOutcome): void {
    // Until here the recognizer reads it, withdrawn or not.
    for (const piece of this.#pieces.splice(0)) releaseAudio(piece);
    if (this.#abort.signal.aborted) return;
    this.#outcome = outcome;
    if (this.#isFinished) this.#tell(outcome);
  }
}
