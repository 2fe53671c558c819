/**
 * Where the frames of an MP3 lie, by their headers alone (ISO 11172-3, section 2.4.2.3, and ISO 13818-3 for the lower
 * rates). What is fed to the decoder is known before to be whole frames of one rate, and how long they last.
 */
import { isSampleRateHz, type SampleRateHz } from './audio-format.ts';

export interface Mp3Frame {
  /** From this header to the next. */
  readonly bytes: number;
  readonly sampleRateHz: SampleRateHz;
  /** Of each channel. */
  readonly samples: number;
}

const HEADER_BYTES = 4;
const LAYER_3 = 1;
const VERSION_2_5 = 0;
const VERSION_RESERVED = 1;
const VERSION_1 = 3;
/** By the header's index; 0 is `free`, which no vendor sends, 15 is forbidden. */
const BITRATES_1_KBPS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_2_KBPS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES_1_HZ = [44_100, 48_000, 32_000];

/** The frame whose header is at `at`; null where there is none of Layer III, or of a rate that is not ours. */
export function mp3FrameAt(bytes: Uint8Array, at: number): Mp3Frame | null {
  if (at + HEADER_BYTES > bytes.length) return null;
  const [first, second, third, fourth] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  if (first !== 0xff || second >> 5 !== 7) return null;
  const version = (second >> 3) & 3;
  const isVersion1 = version === VERSION_1;
  if (version === VERSION_RESERVED || ((second >> 1) & 3) !== LAYER_3) return null;
  const kbps = (isVersion1 ? BITRATES_1_KBPS : BITRATES_2_KBPS)[third >> 4] ?? 0;
  const rate1Hz = RATES_1_HZ[(third >> 2) & 3];
  // The lowest two bits are the emphasis, of which 2 is reserved.
  if (kbps === 0 || rate1Hz === undefined || (fourth & 3) === 2) return null;
  const sampleRateHz = rate1Hz / (isVersion1 ? 1 : version === VERSION_2_5 ? 4 : 2);
  if (!isSampleRateHz(sampleRateHz)) return null;
  const samples = isVersion1 ? 1152 : 576;
  const padding = (third >> 1) & 1;
  return {
    bytes: Math.floor((samples / 8) * ((kbps * 1000) / sampleRateHz)) + padding,
    sampleRateHz,
    samples,
  };
}

/** Where the audio begins: after an ID3v2 tag, if there is one. */
export function mp3Start(bytes: Uint8Array): number {
  if (bytes.length < 10 || bytes[0] !== 0x49 || bytes[1] !== 0x44 || bytes[2] !== 0x33) return 0;
  const size = (bytes[6]! << 21) | (bytes[7]! << 14) | (bytes[8]! << 7) | bytes[9]!;
  const hasFooter = (bytes[5]! & 0x10) !== 0;
  return 10 + size + (hasFooter ? 10 : 0);
}
