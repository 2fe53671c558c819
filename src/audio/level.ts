/** How loud samples are: root mean square against full scale. Not for the media path, where native code measures. */

export const SILENCE_DBFS = -100;
const FULL_SCALE = 32_768;

/** From -100 (nothing, or no samples) to 0 (a full-scale square wave). */
export function levelDbfs(samples: Int16Array): number {
  let sum = 0;
  for (let index = 0; index < samples.length; index++) sum += samples[index]! ** 2;
  if (sum === 0) return SILENCE_DBFS;
  const dbfs = 10 * Math.log10(sum / samples.length / FULL_SCALE ** 2);
  return Math.min(0, Math.max(SILENCE_DBFS, dbfs));
}

/**
 * Level of each 20 ms as dBFS + 100, so 0 to 100, in a new array: one byte a frame, the last one by what there is of it.
 * `sampleRateHz` in 20 ms must be whole samples or is rounded down.
 */
export function frameLevels(samples: Int16Array, sampleRateHz: number): Uint8Array<ArrayBuffer> {
  const frameSamples = Math.floor(sampleRateHz / 50);
  const levels = new Uint8Array(Math.ceil(samples.length / frameSamples));
  for (let frame = 0; frame < levels.length; frame++) {
    const start = frame * frameSamples;
    levels[frame] = Math.round(levelDbfs(samples.subarray(start, start + frameSamples)) - SILENCE_DBFS);
  }
  return levels;
}
