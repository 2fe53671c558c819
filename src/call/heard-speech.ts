/**
 * One stretch of speech on its way to a transcript, from its first piece or its first pause on: what comes of it counts
 * only once it is known to be over. Not what a transcript means. Call worker; `Listening` owns it.
 *
 *   hears pieces --finish(whole)--> waits for the transcript --> told
 *   provisional, with or without an outcome --finish--> told, at once if the outcome was there
 *   any --withdraw--> nothing is told
 */
import type { PcmAudio } from '../audio/audio-format.ts';
import type { Recognition, Recognizer, SpeechExpectation, Transcript } from '../speech/recognizer.ts';

export type SpeechOutcome =
  | { readonly kind: 'transcript'; readonly transcript: Transcript }
  | { readonly kind: 'failure'; readonly thrown: unknown };

export class HeardSpeech {
  readonly #abort = new AbortController();
  readonly #recognition: Recognition;
  readonly #tell: (outcome: SpeechOutcome) => void;
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
    if (this.#isEnded) return;
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
    if (!this.#isEnded) {
      const { samples, sampleRateHz } = whole;
      if (samples.length > this.#pushedSamples) {
        this.hear({ samples: samples.subarray(this.#pushedSamples), sampleRateHz });
      }
      this.#end();
    }
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
    if (this.#abort.signal.aborted) return;
    this.#outcome = outcome;
    if (this.#isFinished) this.#tell(outcome);
  }
}
