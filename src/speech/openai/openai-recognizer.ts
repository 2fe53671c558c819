/**
 * Whole utterances as files: OpenAI's /audio/transcriptions, or a self-hosted server's that speaks it. One request an
 * utterance, sent at its end. No deadline, no retry: the chain around it has them. Runs in the call workers.
 */
import type { PcmAudio } from '../../audio/audio-format.ts';
import { ProviderError } from '../../errors.ts';
import type { Recognition, Recognizer, SpeechExpectation, Transcript } from '../recognizer.ts';
import { resample } from '../resample.ts';
import { toUnusable } from './openai-failure.ts';
import type { TranscriptionApi } from './transcription-api.ts';
import { transcriptionForm } from './transcription-form.ts';
import { hintsFor } from './transcription-hints.ts';
import { joinPieces } from './utterance-audio.ts';

const PROVIDER = 'openai';
/** What all of these models hear at; a telephone's 8 kHz are resampled here, where it costs a tenth of a millisecond. */
const RATE_HZ = 16_000;
/** The API rejects less. So short a sound is no word: an empty transcript, without a request. */
export const UTTERANCE_MIN_MS = 100;
/** The media plane ends an utterance at 60 s; this is only a bound. */
const UTTERANCE_MAX_MS = 120_000;
/** Four seconds: a longer answer gets an array of its own. */
const ROOM_SAMPLES = 4 * RATE_HZ;

export class OpenAiRecognizer implements Recognizer {
  readonly provider = PROVIDER;
  readonly isLive = false;
  readonly #api: TranscriptionApi;
  readonly #model: string;
  /** What is resampled goes into the request at once, and is then of no use to anyone. */
  readonly #room = new Int16Array(ROOM_SAMPLES);

  constructor(api: TranscriptionApi, model: string) {
    this.#api = api;
    this.#model = model;
  }

  open(expectation: SpeechExpectation, signal: AbortSignal): Recognition {
    const pieces: PcmAudio[] = [];
    let durationMs = 0;
    return {
      push: (audio) => {
        durationMs += (audio.samples.length / audio.sampleRateHz) * 1000;
        if (durationMs <= UTTERANCE_MAX_MS) pieces.push(audio);
      },
      end: async () => {
        signal.throwIfAborted();
        if (durationMs > UTTERANCE_MAX_MS) throw tooLong(durationMs);
        const audio = joinPieces(pieces, PROVIDER);
        if (audio === null || durationMs < UTTERANCE_MIN_MS) return toTranscript('');
        return this.#transcribe(audio, expectation, signal);
      },
    };
  }

  async #transcribe(
    audio: PcmAudio,
    expectation: SpeechExpectation,
    signal: AbortSignal,
  ): Promise<Transcript> {
    const resampled = resample(audio, RATE_HZ, this.#room);
    const form = transcriptionForm(resampled, this.#model, hintsFor(this.#model, expectation));
    return toTranscript(textOf(await this.#api.transcribe(form, signal)));
  }
}

function toTranscript(text: string): Transcript {
  return { text, confidence: null, provider: PROVIDER };
}

/** What self-hosted servers send is not always what OpenAI does. */
function textOf(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) throw toUnusable(PROVIDER, 'no JSON object');
  const { text } = answer as { readonly text?: unknown };
  if (typeof text !== 'string') {
    throw toUnusable(PROVIDER, `a text of type ${text === null ? 'null' : typeof text}`);
  }
  return text.trim();
}

function tooLong(durationMs: number): ProviderError {
  return new ProviderError(
    `Expected an utterance of at most ${UTTERANCE_MAX_MS} ms, received ${Math.round(durationMs)} ms`,
    { provider: PROVIDER, fault: 'refused' },
  );
}
