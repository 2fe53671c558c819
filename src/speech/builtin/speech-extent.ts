/**
 * Where the speech lies in an utterance, by energy alone, and whether it can be a short answer at all. The cheap gate
 * before the network: silence, steady noise and long sentences never reach it.
 */

/** Natural logarithms of energy; 1 is 4.34 dB. */
const DB = 1 / 4.343;

/** Speech must stand this far over the quietest tenth of the utterance; a steady hum or tone does not. */
const LEAST_RISE = 5 * DB;
/** The loudest frame must reach about -57 dB of full scale: 12 dB under the faintest caller that is planned for. */
const LEAST_LOUDNESS = -57 * DB + Math.log(32);
/** A frame belongs to the speech from this share of the way up from the background to the loudest frame. */
const SPEECH_SHARE = 0.35;
/** And never further than this below the loudest: what is fainter is room and line. */
const DEEPEST = 28 * DB;
/** 60 ms to 2.2 s: "nope" is about 250 ms, a slow "no I don't" about 1.5 s. */
const FEWEST_FRAMES = 6;
const MOST_FRAMES = 220;

export interface SpeechExtent {
  /** First frame, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/**
 * `loudness` holds the natural logarithm of each frame's energy, 100 frames a second; `scratch` at least as much space.
 * Returns null when there is nothing here that could be a short answer.
 */
export function findSpeech(
  loudness: Float64Array,
  frames: number,
  scratch: Float64Array,
): SpeechExtent | null {
  if (frames < FEWEST_FRAMES) return null;
  const sorted = scratch.subarray(0, frames);
  sorted.set(loudness.subarray(0, frames));
  sorted.sort();
  const background = sorted[Math.floor(frames * 0.1)]!;
  const loudest = sorted[frames - 1]!;
  if (loudest < LEAST_LOUDNESS || loudest - background < LEAST_RISE) return null;
  const threshold = Math.max(background + SPEECH_SHARE * (loudest - background), loudest - DEEPEST);
  let from = 0;
  while (loudness[from]! < threshold) from++;
  let to = frames;
  while (loudness[to - 1]! < threshold) to--;
  const length = to - from;
  return length < FEWEST_FRAMES || length > MOST_FRAMES ? null : { from, to };
}
