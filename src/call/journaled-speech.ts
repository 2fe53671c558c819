/** What one call listens and understands by, through its journal: what was asked goes out, what came of it comes in. Call worker. */
import { createHash } from 'node:crypto';
import type { PcmAudio } from '../audio/audio-format.ts';
import { toErrorRecord } from '../errors.ts';
import type { Journal, JournalEntry } from '../journal/journal.ts';
import type { Recognition, Recognizer, SpeechExpectation, Transcript } from '../speech/recognizer.ts';
import type { AskedQuestion, Understanding } from '../speech/understanding.ts';
import { type JournaledReplies, toThrown } from './journaled-replies.ts';

export class JournaledRecognizer implements Recognizer {
  readonly #journal: Journal;
  readonly #replies: JournaledReplies;
  readonly #recognizer: Recognizer;
  #opened = 0;

  constructor(journal: Journal, replies: JournaledReplies, recognizer: Recognizer) {
    this.#journal = journal;
    this.#replies = replies;
    this.#recognizer = recognizer;
  }

  get provider(): string {
    return this.#recognizer.provider;
  }

  get isLive(): boolean {
    return this.#journal.ask({ kind: 'is.live' }, () => this.#recognizer.isLive);
  }

  open(expectation: SpeechExpectation, signal: AbortSignal): Recognition {
    const number = this.#opened++;
    let inner: Recognition | null = null;
    passOn(this.#journal, { kind: 'recognition', number, expectation }, () => {
      inner = this.#recognizer.open(expectation, signal);
    });
    return new JournaledRecognition(number, inner, this.#journal, this.#replies);
  }
}

class JournaledRecognition implements Recognition {
  readonly #number: number;
  /** Null where the record answers: nobody was asked. */
  readonly #inner: Recognition | null;
  readonly #journal: Journal;
  readonly #replies: JournaledReplies;
  readonly #hash = createHash('sha256');
  #samples = 0;
  #pieces = 0;

  constructor(number: number, inner: Recognition | null, journal: Journal, replies: JournaledReplies) {
    this.#number = number;
    this.#inner = inner;
    this.#journal = journal;
    this.#replies = replies;
  }

  push(audio: PcmAudio): void {
    const { samples } = audio;
    this.#samples += samples.length;
    this.#hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    const piece = { kind: 'piece', recognition: this.#number, number: this.#pieces++ };
    passOn(this.#journal, piece, () => this.#inner?.push(audio), 'rarely');
  }

  end(): Promise<Transcript> {
    const number = this.#number;
    const sha256 = this.#hash.digest('hex');
    this.#journal.tell({ kind: 'transcribe', number, samples: this.#samples, sha256 });
    const inner = this.#inner;
    return this.#replies.of(
      'transcript',
      number,
      () => inner?.end() ?? new Promise(() => {}),
      () => (inner?.tries === undefined ? {} : { tries: inner.tries }),
    );
  }
}

export class JournaledUnderstanding implements Understanding {
  readonly #journal: Journal;
  readonly #replies: JournaledReplies;
  readonly #understanding: Understanding;
  #asked = 0;

  constructor(journal: Journal, replies: JournaledReplies, understanding: Understanding) {
    this.#journal = journal;
    this.#replies = replies;
    this.#understanding = understanding;
  }

  get provider(): string {
    return this.#understanding.provider;
  }

  understand(question: AskedQuestion, transcript: string, signal: AbortSignal): Promise<string | null> {
    const number = this.#asked++;
    this.#journal.tell({ kind: 'understand', number, question, transcript });
    return this.#replies.of('understood', number, () =>
      this.#understanding.understand(question, transcript, signal),
    );
  }
}

/** Does `work`, and what that throws is thrown here and in each replay. */
function passOn(
  journal: Journal,
  question: JournalEntry,
  work: () => void,
  how: 'always' | 'rarely' = 'always',
): void {
  let thrown: unknown;
  const answer = () => {
    try {
      work();
      return null;
    } catch (error) {
      thrown = error;
      return toErrorRecord(error);
    }
  };
  const failure = how === 'always' ? journal.ask(question, answer) : journal.askRare(question, null, answer);
  if (failure !== null) throw thrown ?? toThrown(failure);
}
