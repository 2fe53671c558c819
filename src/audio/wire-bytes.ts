import type { AudioFormat } from './audio-format.ts';

/**
 * How long `audioBytes` of audio in this format are as they go to the wire: G.711 is carried as base64 in messages of text, linear
 * audio as it is. Of a part it is where that part ends, if its bytes are a multiple of three.
 */
export function wireBytes({ codec }: AudioFormat, audioBytes: number): number {
  return codec === 'pcm16' ? audioBytes : 4 * Math.ceil(audioBytes / 3);
}
