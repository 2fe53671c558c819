/** Which frames of a clean track are speech. Nobody agrees on it, so the bench measures against three rules. */

const FRAME_SAMPLES = 160;

export interface Rule {
  readonly name: string;
  /** A frame is speech above this level relative to the active speech level, dB. */
  readonly thresholdDb: number;
  /** Pauses of so many frames or fewer between speech are speech. */
  readonly pauseFrames: number;
}

export const RULES: readonly Rule[] = [
  { name: 'within 30 dB, pauses to 200 ms are speech', thresholdDb: -30, pauseFrames: 10 },
  { name: 'within 40 dB, pauses to 200 ms are speech', thresholdDb: -40, pauseFrames: 10 },
  { name: 'within 30 dB, every pause is one', thresholdDb: -30, pauseFrames: 0 },
];

/** Level of each whole 20 ms frame; full scale 1 is 0 dB, silence -120. */
export function frameLevels(samples: Float64Array): number[] {
  return Array.from({ length: Math.floor(samples.length / FRAME_SAMPLES) }, (_, frame) => {
    let sum = 0;
    for (let at = frame * FRAME_SAMPLES; at < (frame + 1) * FRAME_SAMPLES; at++) sum += samples[at]! ** 2;
    return 10 * Math.log10(sum / FRAME_SAMPLES + 1e-12);
  });
}

/** Mean power, in dB, of the frames within 15.9 dB of that mean: ITU-T P.56 in spirit. */
export function activeLevel(samples: Float64Array): number {
  const levels = frameLevels(samples);
  let active = meanOf(levels);
  for (let turn = 0; turn < 20; turn++) active = meanOf(levels.filter((level) => level > active - 15.9));
  return active;
}

function meanOf(levels: readonly number[]): number {
  return 10 * Math.log10(levels.reduce((sum, level) => sum + 10 ** (level / 10), 0) / levels.length);
}

/** `clean` has an active level of 0 dB. */
export function truth(clean: Float64Array, { thresholdDb, pauseFrames }: Rule): Uint8Array {
  const isSpeech = Uint8Array.from(frameLevels(clean), (level) => Number(level > thresholdDb));
  let last = -1;
  for (let frame = 0; frame < isSpeech.length; frame++) {
    if (isSpeech[frame] === 0) continue;
    if (last >= 0 && frame - last - 1 <= pauseFrames) isSpeech.fill(1, last, frame);
    last = frame;
  }
  return isSpeech;
}
