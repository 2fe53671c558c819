import type { AudioFormat } from './audio-format.ts';

/**
 * A prompt ready to play: audio in the wire's own form, made once by the voice thread and read by every stream that
 * plays it. It lives in shared memory; nobody writes to it after it was made.
 */
export interface ReadyPrompt {
  /** Names the audio wherever it is (`promptKey` in speech/). */
  readonly key: string;
  readonly format: AudioFormat;
  /** As `wireBytes` says of the format: of G.711 its base64, of linear audio the samples, little-endian. Whole steps of 60 ms. */
  readonly wire: Uint8Array<SharedArrayBuffer>;
  /** Bytes of audio, before base64 where it is that. */
  readonly audioBytes: number;
  readonly durationMs: number;
  /** Level of each 20 ms, as dBFS + 100 (0 to 100): what our own echo can sound like at that moment. */
  readonly levels: Uint8Array<SharedArrayBuffer>;
}
