/**
 * A whole MP3 as samples, by mpg123 in WebAssembly. For what comes as one piece, a prompt; not for streams. About 30 ms
 * for the first one on a thread, then a hundredth of the audio's length. Any thread; it blocks while it decodes.
 */
import { MPEGDecoder } from 'mpg123-decoder';
import type { PcmAudio, SampleRateHz } from './audio-format.ts';
import { mp3FrameAt, mp3Start } from './mp3-frames.ts';

/** `reason` is a sentence for whoever supplied the bytes. */
export type Mp3Reading =
  | { readonly ok: true; readonly audio: PcmAudio }
  | { readonly ok: false; readonly reason: string };

interface Mp3Span {
  readonly start: number;
  readonly end: number;
  readonly sampleRateHz: SampleRateHz;
  readonly samples: number;
}

/**
 * Whatever the bytes are, it does not throw. Two channels are mixed to one. What comes after the last whole frame (a tag,
 * the rest of a cut file) is left out; a hole or another rate in the middle, frames that do not decode, and more than
 * `durationMaxMs` are refused.
 */
export async function decodeMp3(bytes: Uint8Array, durationMaxMs: number): Promise<Mp3Reading> {
  const span = findFrames(bytes);
  if (typeof span === 'string') return { ok: false, reason: span };
  const durationMs = (span.samples / span.sampleRateHz) * 1000;
  if (durationMs > durationMaxMs) {
    return refused(`at most ${durationMaxMs / 1000} s of MP3`, `${Math.ceil(durationMs / 1000)} s`);
  }
  const decoder = new MPEGDecoder();
  try {
    await decoder.ready;
    const { channelData, samplesDecoded, sampleRate, errors } = decoder.decode(
      bytes.subarray(span.start, span.end),
    );
    if (errors.length > 0) return refused('an MP3 that decodes', `one with ${errors.length} bad frames`);
    if (samplesDecoded === 0 || sampleRate !== span.sampleRateHz) {
      return refused(`an MP3 of ${span.sampleRateHz} Hz`, `${samplesDecoded} samples at ${sampleRate} Hz`);
    }
    const [left, right] = channelData;
    return { ok: true, audio: { samples: toMono(left!, right!), sampleRateHz: span.sampleRateHz } };
  } catch (thrown) {
    // The decoder's own memory ran out, or its module trapped.
    return refused('an MP3 that decodes', `one that does not (${(thrown as Error).name})`);
  } finally {
    decoder.free();
  }
}

/** The unbroken row of whole frames that begins where the audio must, or a sentence why there is none. */
function findFrames(bytes: Uint8Array): Mp3Span | string {
  const start = mp3Start(bytes);
  const first = mp3FrameAt(bytes, start);
  if (first === null)
    return `Expected an MP3 file (Layer III), received ${bytes.length} bytes of something else`;
  let at = start;
  let samples = 0;
  for (let frame = mp3FrameAt(bytes, at); frame !== null; frame = mp3FrameAt(bytes, at)) {
    if (at + frame.bytes > bytes.length) break;
    if (frame.sampleRateHz !== first.sampleRateHz) {
      return `Expected an MP3 of one sample rate, received ${first.sampleRateHz} Hz and ${frame.sampleRateHz} Hz`;
    }
    at += frame.bytes;
    samples += frame.samples;
  }
  if (samples === 0) return 'Expected an MP3 with a whole frame, received the start of one';
  if (hasFramesAfter(bytes, at))
    return `Expected an MP3 in one piece, received one with a hole at byte ${at}`;
  return { start, end: at, sampleRateHz: first.sampleRateHz, samples };
}

/** Two in a row: one alone may be chance. */
function hasFramesAfter(bytes: Uint8Array, after: number): boolean {
  for (let at = after + 1; at < bytes.length; at++) {
    const frame = bytes[at] === 0xff ? mp3FrameAt(bytes, at) : null;
    if (frame !== null && mp3FrameAt(bytes, at + frame.bytes) !== null) return true;
  }
  return false;
}

function toMono(left: Float32Array, right: Float32Array): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(left.length);
  for (let index = 0; index < samples.length; index++) {
    const value = Math.round((left[index]! + right[index]!) * 16_384);
    samples[index] = Math.max(-32_768, Math.min(32_767, value));
  }
  return samples;
}

function refused(expected: string, received: string): Mp3Reading {
  return { ok: false, reason: `Expected ${expected}, received ${received}` };
}
