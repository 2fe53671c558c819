/**
 * Transcription while the caller speaks: OpenAI's Realtime API. When speech ends the vendor has heard it all but for the
 * last piece. No deadline, no retry: the chain around it has them. Runs in the call workers, one instance a thread.
 */
import type { PcmAudio } from '../../audio/audio-format.ts';
import type { OpenAiSettings } from '../../channel/speech-settings.ts';
import type { Clock } from '../../clock.ts';
import type { Recognition, Recognizer, SpeechExpectation } from '../recognizer.ts';
import { liveAddress } from './live-handshake.ts';
import { LivePool } from './live-pool.ts';
import { LiveRecognition } from './live-recognition.ts';

const PROVIDER = 'openai-live';

export class OpenAiLiveRecognizer implements Recognizer {
  readonly provider = PROVIDER;
  readonly isLive = true;
  readonly #model: string;
  readonly #pool: LivePool;

  constructor(settings: Pick<OpenAiSettings, 'apiKey' | 'baseUrl' | 'liveModel'>, clock: Clock) {
    this.#model = settings.liveModel;
    this.#pool = new LivePool(liveAddress(settings), PROVIDER, clock);
  }

  /** Connections to the vendor, spare ones included. */
  get connections(): number {
    return this.#pool.size;
  }

  /** Opens a connection ahead of the first caller. */
  warm(): void {
    this.#pool.warm();
  }

  /** Takes a connection with the first audio, not before. */
  open(expectation: SpeechExpectation, signal: AbortSignal): Recognition {
    const recognition = new LiveRecognition(this.#pool, this.#model, expectation, signal);
    return {
      push: (audio: PcmAudio) => recognition.push(audio),
      end: () => recognition.end(),
    };
  }

  /** Breaks every connection. Idempotent. */
  close(): void {
    this.#pool.close();
  }
}
