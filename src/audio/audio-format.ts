/**
 * What a piece of audio is. The format travels with every buffer, so a rate or codec that does not fit fails
 * where it is made and not where it is heard.
 */

import { InvalidStateError } from '../errors.ts';

export type Codec = 'mulaw' | 'alaw' | 'pcm16';

/** Every rate that Trunkline takes or gives. */
export const SAMPLE_RATES_HZ = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000] as const;
export type SampleRateHz = (typeof SAMPLE_RATES_HZ)[number];

/** Mono always: telephones are, and a stereo source is refused where it enters. */
export interface AudioFormat {
  readonly codec: Codec;
  readonly sampleRateHz: SampleRateHz;
  readonly channels: 1;
}

/** Linear audio. `samples` are signed 16-bit, native byte order. The holder of the object owns the array. */
export interface PcmAudio {
  readonly samples: Int16Array;
  readonly sampleRateHz: SampleRateHz;
}

/** ITU-T G.711 mu-law at 8 kHz: what Twilio's media streams carry, both ways. */
export const TELEPHONE_FORMAT: AudioFormat = { codec: 'mulaw', sampleRateHz: 8000, channels: 1 };

/** What a browser is played: twice the telephone's band, as the bytes are. */
export const BROWSER_FORMAT: AudioFormat = { codec: 'pcm16', sampleRateHz: 16_000, channels: 1 };

export function isSampleRateHz(value: number): value is SampleRateHz {
  return (SAMPLE_RATES_HZ as readonly number[]).includes(value);
}

/** Bytes of one sample: 1 for G.711, 2 for PCM16. */
export function bytesPerSample(codec: Codec): 1 | 2 {
  return codec === 'pcm16' ? 2 : 1;
}

/** Duration of `bytes` of audio in this format, in milliseconds with fractions. */
export function durationMs(format: AudioFormat, bytes: number): number {
  return (bytes / bytesPerSample(format.codec) / format.sampleRateHz) * 1000;
}

/** A name for logs, cache keys and messages: `mulaw-8000`. */
export function formatName(format: AudioFormat): string {
  return `${format.codec}-${format.sampleRateHz}`;
}

/** The format that `formatName` named. Throws InvalidStateError: only our own threads write such names. */
export function parseFormatName(name: string): AudioFormat {
  const [codec, rate, ...rest] = name.split('-');
  const sampleRateHz = Number(rate);
  if (
    (codec === 'mulaw' || codec === 'alaw' || codec === 'pcm16') &&
    isSampleRateHz(sampleRateHz) &&
    rest.length === 0
  ) {
    return { codec, sampleRateHz, channels: 1 };
  }
  throw new InvalidStateError(`Expected a format as mulaw-8000, received ${name}`);
}
