/**
 * Noise as loud as a line's own, in a carrier's format: what stands in for media that does not come. Not digital silence:
 * the receiver would learn within a second that the line is silent, and take its noise for speech when it is back.
 */
import { type AudioFormat, bytesPerSample } from '../audio/audio-format.ts';
import { encodeG711 } from '../audio/g711.ts';

const FULL_SCALE = 32_768;
/** A line louder than this is not imitated: the caller was speaking. */
const LEVEL_MAX_DBFS = -30;

/** White noise, the same each time. `lengthMs` must be whole samples. The caller owns the bytes. */
export function comfortNoise(format: AudioFormat, lengthMs: number, levelDbfs: number): Uint8Array {
  const samples = new Int16Array((format.sampleRateHz * lengthMs) / 1000);
  const rms = FULL_SCALE * 10 ** (Math.min(levelDbfs, LEVEL_MAX_DBFS) / 20);
  // A uniform distribution reaches to the square root of 3 times its RMS.
  const peak = rms * Math.sqrt(3);
  let random = 1;
  for (let index = 0; index < samples.length; index++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    samples[index] = Math.round(peak * (random / 2 ** 31 - 1));
  }
  if (format.codec !== 'pcm16') return encodeG711(format.codec, samples);
  return new Uint8Array(samples.buffer, 0, samples.length * bytesPerSample(format.codec));
}
