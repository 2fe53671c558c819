/**
 * The caller's utterance on its way to a recognizer, and the gate before it: recognizers hear words in silence and
 * noise ("Thank you."), and a vendor bills them. Runs in the call workers.
 */
import { isSampleRateHz, type PcmAudio } from '../audio/audio-format.ts';
import { levelDbfs } from '../audio/level.ts';
import { InvalidStateError } from '../errors.ts';

/** A clipped "no" has 120 ms of voice; a click or a breath has two or three frames of 20 ms. */
const VOICED_MIN_MS = 80;
/** 20 dB below the quietest callers that telephone networks let through (ITU-T P.56 active level about -36 dBFS). */
const LOUDEST_MIN_DBFS = -56;
const FRAME_MS = 20;

/** The same memory as samples. Throws InvalidStateError for a rate that we never asked for, or half a sample. */
export function toUtteranceAudio(audio: ArrayBuffer, sampleRateHz: number): PcmAudio {
  if (!isSampleRateHz(sampleRateHz) || audio.byteLength % 2 !== 0) {
    throw new InvalidStateError(
      `Expected PCM16 of a known rate for an utterance, received ${audio.byteLength} bytes at ${sampleRateHz} Hz`,
    );
  }
  return { samples: new Int16Array(audio), sampleRateHz };
}

/** False for what is too short or too quiet to be a word. `voicedMs` is what the endpointer judged as speech. */
export function mayBeSpeech(audio: PcmAudio, voicedMs: number): boolean {
  if (voicedMs < VOICED_MIN_MS) return false;
  const frameSamples = (audio.sampleRateHz * FRAME_MS) / 1000;
  for (let at = 0; at + frameSamples <= audio.samples.length; at += frameSamples) {
    if (levelDbfs(audio.samples.subarray(at, at + frameSamples)) >= LOUDEST_MIN_DBFS) return true;
  }
  return false;
}

/**
 * Gives an utterance's memory back at once; whoever still holds it sees no samples. The collector would get round to it
 * when enough small objects lie about: until then many seconds of speech a call, 16 KB each, stayed (measured).
 */
export function releaseAudio({ samples }: PcmAudio): void {
  const { buffer } = samples;
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
