/**
 * One utterance on a live connection. What goes wrong while the caller still speaks is kept and told at `end`: `push` has
 * nobody to tell it to.
 */
import type { RealtimeTranscriptionSessionCreateRequest } from 'openai/resources/realtime/realtime';
import type { PcmAudio } from '../../audio/audio-format.ts';
import { ProviderError } from '../../errors.ts';
import type { Recognition, SpeechExpectation, Transcript } from '../recognizer.ts';
import { LiveAudio } from './live-audio.ts';
import type { LiveConnection } from './live-connection.ts';
import type { LiveEvent } from './live-event.ts';
import type { LivePool } from './live-pool.ts';
import { UTTERANCE_MIN_MS } from './openai-recognizer.ts';
import { hintsFor } from './transcription-hints.ts';

const PROVIDER = 'openai-live';
/** The media plane ends an utterance at 60 s; this is only a bound. */
const UTTERANCE_MAX_MS = 120_000;

export class LiveRecognition implements Recognition {
  readonly #pool: LivePool;
  readonly #model: string;
  readonly #expectation: SpeechExpectation;
  readonly #signal: AbortSignal;
  #audio: LiveAudio | null = null;
  #connection: LiveConnection | null = null;
  #itemId: string | null = null;
  #isCommitted = false;
  /** Set once: a transcript's text, or why there is none. */
  #outcome: { readonly text: string } | { readonly error: unknown } | null = null;
  #settle: (() => void) | null = null;

  constructor(pool: LivePool, model: string, expectation: SpeechExpectation, signal: AbortSignal) {
    this.#pool = pool;
    this.#model = model;
    this.#expectation = expectation;
    this.#signal = signal;
  }

  push(piece: PcmAudio): void {
    if (this.#outcome !== null || this.#signal.aborted) return;
    try {
      this.#send(piece);
    } catch (thrown) {
      this.#finish({ error: thrown }, false);
    }
  }

  end(): Promise<Transcript> {
    const audio = this.#audio;
    if (this.#signal.aborted) this.#finish({ error: this.#signal.reason }, false);
    else if (audio === null) this.#finish({ text: '' }, true);
    else if (audio.durationMs < UTTERANCE_MIN_MS) {
      // The API rejects so little, and so short a sound is no word.
      this.#connection?.clear();
      this.#finish({ text: '' }, true);
    } else {
      this.#connection?.append(audio.end());
      this.#connection?.commit();
      this.#isCommitted = true;
    }
    return new Promise((resolve, reject) => {
      this.#settle = () => {
        const outcome = this.#outcome;
        if (outcome === null) return;
        if ('error' in outcome) reject(outcome.error);
        else resolve({ text: outcome.text, confidence: null, provider: PROVIDER });
      };
      this.#settle();
    });
  }

  #send(piece: PcmAudio): void {
    if (this.#audio === null) {
      this.#audio = new LiveAudio(piece.sampleRateHz, PROVIDER);
      this.#connect(this.#audio);
    }
    const coded = this.#audio.code(piece);
    if (this.#audio.durationMs > UTTERANCE_MAX_MS) {
      throw new ProviderError(`Expected an utterance of at most ${UTTERANCE_MAX_MS} ms, received more`, {
        provider: PROVIDER,
        fault: 'refused',
      });
    }
    this.#connection?.append(coded);
  }

  #connect(audio: LiveAudio): void {
    const connection = this.#pool.take();
    this.#connection = connection;
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    connection.listen({
      heard: (event) => this.#hear(event),
      ended: (error) => this.#finish({ error }, false),
    });
    connection.configure(sessionFor(this.#model, this.#expectation, audio));
  }

  readonly #onAbort = (): void => this.#finish({ error: this.#signal.reason }, false);

  #hear(event: LiveEvent): void {
    if (!this.#isCommitted) return;
    if (event.kind === 'committed') this.#itemId = event.itemId;
    else if (event.kind === 'transcript' && event.itemId === this.#itemId) {
      this.#finish({ text: event.text.trim() }, true);
    }
  }

  /** `isClean`: the vendor holds nothing more of this utterance, so the connection may serve another. */
  #finish(outcome: { readonly text: string } | { readonly error: unknown }, isClean: boolean): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    this.#signal.removeEventListener('abort', this.#onAbort);
    const connection = this.#connection;
    this.#connection = null;
    if (connection !== null) {
      connection.listen(null);
      if (!isClean) connection.close();
      this.#pool.give(connection);
    }
    this.#settle?.();
  }
}

function sessionFor(model: string, expectation: SpeechExpectation, audio: LiveAudio): string {
  const { language, languages, keywords } = hintsFor(model, expectation);
  const session: RealtimeTranscriptionSessionCreateRequest = {
    type: 'transcription',
    audio: {
      input: {
        format: audio.format,
        transcription: {
          model,
          ...(language === undefined ? {} : { language }),
          ...(languages === undefined ? {} : { languages: [...languages] }),
          ...(keywords === undefined ? {} : { keywords: [...keywords] }),
        },
        // Where the speech ends is known here, from the same audio, sooner.
        turn_detection: null,
      },
    },
  };
  return JSON.stringify(session);
}
