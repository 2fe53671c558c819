/**
 * What speaks a text. One implementation a vendor, each in its folder. Runs on the voice thread only.
 */
import type { AudioFormat } from '../audio/audio-format.ts';

export interface SpeechRequest {
  readonly text: string;
  /** A vendor's voice name or id. */
  readonly voice: string;
  /** BCP 47. */
  readonly language: string;
}

/** Audio as a vendor gives it. Chunks may split a sample: the reader carries the odd byte. */
export interface SynthesizedSpeech {
  readonly format: AudioFormat;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface Synthesizer {
  readonly provider: string;
  /** Rejects with ProviderError, DeadlineError, or the signal's abort reason. */
  synthesize(request: SpeechRequest, signal: AbortSignal): Promise<SynthesizedSpeech>;
}
