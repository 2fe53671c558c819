/** Audio as the wire form that streams play, with its levels, in shared memory. Resampling, coding and base64 are native. */
import { addon } from '../audio/addon.ts';
import { type AudioFormat, bytesPerSample, durationMs, type PcmAudio } from '../audio/audio-format.ts';
import { encodeG711 } from '../audio/g711.ts';
import { frameLevels } from '../audio/level.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import { wireBytes } from '../audio/wire-bytes.ts';
import { CapacityError, InvalidStateError } from '../errors.ts';
import { PROMPT_DURATION_MAX_MS } from './recording.ts';
import { resample } from './resample.ts';

/** 60 ms of any format are whole groups of three bytes, so that every slice of the base64 begins at a frame. */
const STEP_MS = 60;
/** ITU-T G.711, after inversion of all bits: mu-law code of zero. */
const MULAW_ZERO = 0xff;
const ALAW_ZERO = 0xd5;

/** Throws CapacityError for more than 120 s. */
export function toReadyPrompt(key: string, source: PcmAudio, format: AudioFormat): ReadyPrompt {
  const { samples } = resample(source, format.sampleRateHz);
  if ((samples.length / format.sampleRateHz) * 1000 > PROMPT_DURATION_MAX_MS) throw promptTooLong();
  const stepSamples = (format.sampleRateHz * STEP_MS) / 1000;
  if (!Number.isInteger(stepSamples)) {
    throw new InvalidStateError(
      `Expected a rate with whole samples in ${STEP_MS} ms, received ${format.sampleRateHz}`,
    );
  }
  const sampleCount = Math.ceil(samples.length / stepSamples) * stepSamples;
  const bytes = encode(samples, sampleCount, format);
  const wire = new Uint8Array(new SharedArrayBuffer(wireBytes(format, bytes.length)));
  if (format.codec === 'pcm16') wire.set(bytes);
  else addon.base64Encode(bytes, wire);
  // What is added at the end is silence, level 0.
  const levels = new Uint8Array(new SharedArrayBuffer(3 * (sampleCount / stepSamples)));
  levels.set(frameLevels(samples, format.sampleRateHz).subarray(0, levels.length));
  return {
    key,
    format,
    wire,
    levels,
    audioBytes: bytes.length,
    durationMs: durationMs(format, bytes.length),
  };
}

export function promptTooLong(): CapacityError {
  return new CapacityError(
    `Expected at most ${PROMPT_DURATION_MAX_MS / 1000} s of audio for a prompt, received more`,
  );
}

/** `sampleCount` samples in `format`: the audio, then silence. */
function encode(samples: Int16Array, sampleCount: number, format: AudioFormat): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sampleCount * bytesPerSample(format.codec));
  if (format.codec === 'pcm16') {
    bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  } else {
    bytes.fill(format.codec === 'mulaw' ? MULAW_ZERO : ALAW_ZERO);
    bytes.set(encodeG711(format.codec, samples));
  }
  return bytes;
}
