/**
 * One whole piece of audio at another rate, at once. For streams, which must keep their filter's state, there is the
 * resampler itself (audio/resampler.ts). Synchronous, a fraction of a millisecond for a second of audio.
 */
import { addon } from '../audio/addon.ts';
import type { PcmAudio, SampleRateHz } from '../audio/audio-format.ts';

/**
 * The result is exactly `samples * toHz / fromHz` long, rounded, and not late: the filter's delay is taken off its
 * start. At the same rate the very same object comes back. It is a view: `samples.buffer` is longer. A view into `room`, if
 * that is given and long enough: valid until that is used again.
 */
export function resample(audio: PcmAudio, toHz: SampleRateHz, room?: Int16Array<ArrayBuffer>): PcmAudio {
  if (audio.sampleRateHz === toHz) return audio;
  const input = audio.samples;
  const resampler = new addon.Resampler(audio.sampleRateHz, toHz);
  const { delaySamples } = resampler;
  const sampleCount = Math.round((input.length * toHz) / audio.sampleRateHz);
  const lateCount = Math.max(resampler.maxOutputSamples(input.length), sampleCount) + delaySamples;
  // One array for all of it: with one a step, collecting them cost more than the filter.
  const late = room !== undefined && room.length >= lateCount ? room : new Int16Array(lateCount);
  const done = resampler.process(input, late);
  late.fill(0, done + resampler.flush(late.subarray(done)), lateCount);
  return { samples: late.subarray(delaySamples, delaySamples + sampleCount), sampleRateHz: toHz };
}
