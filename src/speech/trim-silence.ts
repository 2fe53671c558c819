/** Cuts the silence that synthesizers put around a text: up to 0.3 s, and at every turn of a call that is dead air. */
import type { PcmAudio } from '../audio/audio-format.ts';
import { levelDbfs } from '../audio/level.ts';

const SILENCE_KEPT_MS = 50;
const SILENCE_BELOW_DBFS = -50;
const SILENCE_FRAME_MS = 10;

/** Without the silence at both ends but for 50 ms; all of it where nothing is louder than silence. A view, no copy. */
export function trimSilence(audio: PcmAudio): PcmAudio {
  const { samples, sampleRateHz } = audio;
  const frameSamples = Math.round((sampleRateHz * SILENCE_FRAME_MS) / 1000);
  const isLoud = (at: number): boolean =>
    levelDbfs(samples.subarray(at, Math.min(samples.length, at + frameSamples))) > SILENCE_BELOW_DBFS;
  let start = 0;
  while (start < samples.length && !isLoud(start)) start += frameSamples;
  if (start >= samples.length) return audio;
  let end = samples.length - (samples.length % frameSamples || frameSamples);
  while (end > start && !isLoud(end)) end -= frameSamples;
  const keptSamples = Math.round((sampleRateHz * SILENCE_KEPT_MS) / 1000);
  return {
    samples: samples.subarray(
      Math.max(0, start - keptSamples),
      Math.min(samples.length, end + frameSamples + keptSamples),
    ),
    sampleRateHz,
  };
}
