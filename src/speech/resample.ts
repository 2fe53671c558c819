/**
 * One whole piece of audio at another rate, at once. For streams, which must keep their filter's state, there is the
 * resampler itself (audio/resampler.ts). Synchronous, a fraction of a millisecond for a second of audio.
 */
import type { PcmAudio, SampleRateHz } from '../audio/audio-format.ts';
import { Resampler } from '../audio/resampler.ts';

/**
 * The result is exactly `samples * toHz / fromHz` long, rounded, and not late: the filter's delay is taken off its
 * start. At the same rate the very same object comes back.
 */
export function resample(audio: PcmAudio, toHz: SampleRateHz): PcmAudio {
  if (audio.sampleRateHz === toHz) return audio;
  const resampler = new Resampler(audio.sampleRateHz, toHz);
  const body = resampler.push(audio.samples);
  const tail = resampler.flush();
  const late = new Int16Array(body.length + tail.length);
  late.set(body);
  late.set(tail, body.length);
  const samples = new Int16Array(Math.round((audio.samples.length * toHz) / audio.sampleRateHz));
  samples.set(late.subarray(resampler.delaySamples, resampler.delaySamples + samples.length));
  return { samples, sampleRateHz: toHz };
}
