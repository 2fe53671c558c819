import type { AudioFormat } from './audio-format.ts';

/**
 * A prompt ready to play: audio in the wire's own form, made once by the voice thread and read by every stream that
 * plays it. It lives in shared memory; nobody writes to it after it was made.
 */
export interface ReadyPrompt {
  /** Names the audio wherever it is (`promptKey` in speech/). */
  readonly key: string;
  readonly format: AudioFormat;
  /** Base64 of the raw audio. Its length is a multiple of 640 characters: whole steps of 60 ms for telephone audio. */
  readonly wire: Uint8Array<SharedArrayBuffer>;
  /** Bytes of audio before base64. */
  readonly audioBytes: number;
  readonly durationMs: number;
  /** Level of each 20 ms, as dBFS + 100 (0 to 100): what our own echo can sound like at that moment. */
  readonly levels: Uint8Array<SharedArrayBuffer>;
}
