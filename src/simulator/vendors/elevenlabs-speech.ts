/** What the simulated ElevenLabs says: a tone of 440 Hz, 50 ms a character, in the format that was asked for. */
import { encodeG711 } from '../../audio/g711.ts';

/** One file whatever the text is; it has the rate that is asked for. */
export type Mp3Source = (sampleRateHz: number) => Uint8Array;

const FORMAT =
  /^(ulaw_8000|alaw_8000|pcm_(8000|16000|22050|24000|32000|44100|48000)|mp3_(22050_32|24000_48|44100_(32|64|96|128|192)))$/;
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ulaw: 'audio/basic',
  alaw: 'audio/x-alaw-basic',
  pcm: 'audio/pcm',
  mp3: 'audio/mpeg',
};
const MS_PER_CHARACTER = 50;
const DURATION_MIN_MS = 200;
const DURATION_MAX_MS = 100_000;
const TONE_HZ = 440;
const AMPLITUDE = 11_000;

export function isElevenLabsFormat(name: string): boolean {
  return FORMAT.test(name);
}

export function elevenLabsSpeech(
  text: string,
  outputFormat: string,
  mp3: Mp3Source | undefined,
): { readonly bytes: Uint8Array; readonly contentType: string } {
  const [codec = '', rate] = outputFormat.split('_');
  const contentType = CONTENT_TYPES[codec] ?? 'audio/ogg';
  const rateHz = Number(rate);
  if (codec === 'mp3') return { bytes: mp3!(rateHz), contentType };
  const samples = tone(
    Math.min(DURATION_MAX_MS, Math.max(DURATION_MIN_MS, text.length * MS_PER_CHARACTER)),
    rateHz,
  );
  const bytes =
    codec === 'pcm'
      ? new Uint8Array(samples.buffer)
      : encodeG711(codec === 'ulaw' ? 'mulaw' : 'alaw', samples);
  return { bytes, contentType };
}

function tone(lengthMs: number, rateHz: number): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(Math.round((lengthMs * rateHz) / 1000));
  for (let index = 0; index < samples.length; index++)
    samples[index] = AMPLITUDE * Math.sin((2 * Math.PI * TONE_HZ * index) / rateHz);
  return samples;
}
