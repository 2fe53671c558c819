/**
 * What speaks a text. One implementation a vendor, each in its folder. Runs on the voice thread only.
 */
import type { AudioFormat } from '../audio/audio-format.ts';

export interface SpeechRequest {
  readonly text: string;
  /** The vendor's own name or id of a voice: `isVoice` knows it. */
  readonly voice: string;
  /** BCP 47. */
  readonly language: string;
  /** What it will be played as: a vendor that can give just that saves us the conversion. */
  readonly playFormat: AudioFormat;
}

/** Audio as a vendor gives it, checked: it is no error page. Chunks may split a sample: the reader carries the odd byte. */
export interface SynthesizedSpeech {
  readonly format: AudioFormat;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface Synthesizer {
  readonly provider: string;
  /** Whatever else than text, voice and play format changes what it sounds like; empty if nothing does. */
  readonly model: string;
  /** For flows that name a voice of another vendor. */
  readonly defaultVoice: string;
  isVoice(name: string): boolean;
  /** Rejects, as the chunks may, with ProviderError, DeadlineError, or the signal's abort reason. */
  synthesize(request: SpeechRequest, signal: AbortSignal): Promise<SynthesizedSpeech>;
}
