/**
 * What a load caller says: a yes or a no of a built-in voice, as telephone audio in whole frames. It begins and ends as
 * sharply as its loud part does, so that the last sound is known to the frame: what follows it is the server's time.
 */
import { decodeG711, encodeG711 } from '../audio/g711.ts';
import { lowPass } from './low-pass.ts';
import { mark, SPEECH_MAX_HZ, type Word } from './marker.ts';

export interface WordClip {
  readonly word: Word;
  /** 8 kHz, whole frames of 160. */
  readonly mulaw: Uint8Array;
}

const FRAME_SAMPLES = 160;
/** Root mean square of a frame that belongs to the word; the quiet tail of one is cut. */
const LOUD_FRAME_MIN = 32_768 * 10 ** (-32 / 20);

/** `marked`: with the tones that the stand-in recognizer goes by; else as it was spoken, for a real one. */
export function toWordClip(spoken: Uint8Array, word: Word, marked: boolean): WordClip {
  const decoded = decodeG711('mulaw', spoken);
  const samples = loudPart(marked ? lowPass(decoded, SPEECH_MAX_HZ) : decoded);
  if (marked) mark(samples, word);
  return { word, mulaw: encodeG711('mulaw', samples) };
}

function loudPart(samples: Int16Array): Int16Array {
  const frames = Math.floor(samples.length / FRAME_SAMPLES);
  const isLoud = (frame: number): boolean => {
    const part = samples.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES);
    return Math.sqrt(part.reduce((sum, one) => sum + one * one, 0) / FRAME_SAMPLES) >= LOUD_FRAME_MIN;
  };
  let first = 0;
  let last = frames - 1;
  while (first < last && !isLoud(first)) first += 1;
  while (last > first && !isLoud(last)) last -= 1;
  return samples.slice(first * FRAME_SAMPLES, (last + 1) * FRAME_SAMPLES);
}
