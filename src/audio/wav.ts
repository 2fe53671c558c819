/**
 * WAV files, in and out. Reads what speech programs and vendors write: PCM of 8 and 16 bits, 32-bit float, mu-law and
 * A-law, mono, with any chunks around them and with the dummy sizes of a stream (0, 0xFFFFFFFF). Any thread.
 */
import { ProtocolError } from '../errors.ts';
import { isSampleRateHz, type PcmAudio, SAMPLE_RATES_HZ, type SampleRateHz } from './audio-format.ts';
import { decodeG711 } from './g711.ts';

/** `reason` is a sentence for whoever supplied the file. */
export type WavReading =
  | { readonly ok: true; readonly audio: PcmAudio }
  | { readonly ok: false; readonly reason: string };

/** Format tags of the `fmt ` chunk, RFC 2361. */
const TAG_PCM = 1;
const TAG_FLOAT = 3;
const TAG_ALAW = 6;
const TAG_MULAW = 7;
/** Of the files written here: RIFF, fmt and data headers. */
const WAV_HEADER_BYTES = 44;
/** Of a file that is not PCM: RIFF, a longer fmt, fact and data headers. */
export const MULAW_WAV_HEADER_BYTES = 58;
/** What a stream says, that ends where its bytes end. */
const SIZE_UNKNOWN = 0xffff_ffff;
/** The tag proper is then the start of the sub-format's GUID. */
const TAG_EXTENSIBLE = 0xfffe;

interface WavFormat {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly bits: number;
}

/** Never throws, whatever the bytes are. The samples are a copy. */
export function parseWav(bytes: Uint8Array): WavReading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || text(view, 0) !== 'RIFF' || text(view, 8) !== 'WAVE') {
    return refused('a WAV file (RIFF, WAVE)', 'audio', describeStart(bytes));
  }
  let format: WavFormat | null = null;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = text(view, at);
    const declaredBytes = view.getUint32(at + 4, true);
    const start = at + 8;
    if (name === 'fmt ') {
      if (declaredBytes < 16 || start + declaredBytes > bytes.length) {
        return refused('16 bytes or more in whole', "the WAV file's fmt chunk", `${declaredBytes}`);
      }
      format = readFormat(view, start, declaredBytes);
    } else if (name === 'data') {
      if (format === null) return refused('a fmt chunk', 'the WAV file', 'a data chunk before it');
      // A program that writes to a pipe knows no size; a cut file has less than it says. Both end where the bytes end.
      const isStreamed = declaredBytes === 0 || declaredBytes >= 0xffff_f000;
      const end = isStreamed ? bytes.length : Math.min(bytes.length, start + declaredBytes);
      return toAudio(bytes.subarray(start, end), format);
    }
    at = start + declaredBytes + (declaredBytes & 1);
  }
  return refused('a data chunk', 'the WAV file', format === null ? 'neither fmt nor data' : 'none');
}

/** As `parseWav`, for callers that have one way out. Throws ProtocolError. */
export function readWav(bytes: Uint8Array): PcmAudio {
  const reading = parseWav(bytes);
  if (!reading.ok) throw new ProtocolError(reading.reason);
  return reading.audio;
}

/** A mono 16-bit PCM file. */
export function writeWav({ samples, sampleRateHz }: PcmAudio): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(WAV_HEADER_BYTES + samples.length * 2);
  file.set(wavHeader(samples.length, sampleRateHz));
  // Every CPU that Trunkline runs on is little-endian, as the file is; a sample at a time cost twenty times as much.
  file.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), WAV_HEADER_BYTES);
  return file;
}

/** What stands before the samples of such a file, for whoever writes them elsewhere: little-endian, nothing after them. */
export function wavHeader(sampleCount: number, sampleRateHz: SampleRateHz): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const put = (at: number, name: string): void => header.set(Buffer.from(name, 'latin1'), at);
  put(0, 'RIFF');
  view.setUint32(4, WAV_HEADER_BYTES - 8 + sampleCount * 2, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, TAG_PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  put(36, 'data');
  view.setUint32(40, sampleCount * 2, true);
  return header;
}

/**
 * What stands before mu-law samples at 8 kHz, the channels' in turn, nothing after them. `frames`: samples per channel; null
 * while they are not counted: then the audio ends where the file ends.
 */
export function mulawWavHeader(channels: number, frames: number | null): Uint8Array<ArrayBuffer> {
  const sampleRateHz = 8000;
  const audioBytes = frames === null ? null : frames * channels;
  const header = new Uint8Array(MULAW_WAV_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const put = (at: number, name: string): void => header.set(Buffer.from(name, 'latin1'), at);
  put(0, 'RIFF');
  view.setUint32(4, audioBytes === null ? SIZE_UNKNOWN : MULAW_WAV_HEADER_BYTES - 8 + audioBytes, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 18, true);
  view.setUint16(20, TAG_MULAW, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * channels, true);
  view.setUint16(32, channels, true);
  view.setUint16(34, 8, true);
  // At 36: no bytes of extension. RFC 2361 and the format's own text ask for it, and for `fact`, of what is not PCM.
  put(38, 'fact');
  view.setUint32(42, 4, true);
  view.setUint32(46, frames ?? SIZE_UNKNOWN, true);
  put(50, 'data');
  view.setUint32(54, audioBytes ?? SIZE_UNKNOWN, true);
  return header;
}

function readFormat(view: DataView, start: number, chunkBytes: number): WavFormat {
  const tag = view.getUint16(start, true);
  return {
    tag: tag === TAG_EXTENSIBLE && chunkBytes >= 26 ? view.getUint16(start + 24, true) : tag,
    channels: view.getUint16(start + 2, true),
    sampleRateHz: view.getUint32(start + 4, true),
    bits: view.getUint16(start + 14, true),
  };
}

function toAudio(audioBytes: Uint8Array, format: WavFormat): WavReading {
  const { sampleRateHz } = format;
  if (format.channels !== 1) return refused('mono', 'the WAV file', `${format.channels} channels`);
  if (!isSampleRateHz(sampleRateHz)) {
    return refused(`one of ${SAMPLE_RATES_HZ.join(', ')} Hz`, 'the WAV file', `${sampleRateHz} Hz`);
  }
  const samples = toSamples(audioBytes, format);
  if (samples === null) {
    return refused(
      'PCM of 8 or 16 bits, 32-bit float, mu-law or A-law',
      'the WAV file',
      `format ${format.tag} of ${format.bits} bits`,
    );
  }
  return { ok: true, audio: { samples, sampleRateHz } };
}

/** Null for a coding that we do not read. Half a sample at the end is dropped. */
function toSamples(audioBytes: Uint8Array, format: WavFormat): Int16Array | null {
  const view = new DataView(audioBytes.buffer, audioBytes.byteOffset, audioBytes.byteLength);
  switch (`${format.tag}/${format.bits}`) {
    case `${TAG_PCM}/8`:
      return Int16Array.from(audioBytes, (byte) => (byte - 128) << 8);
    case `${TAG_PCM}/16`: {
      const samples = new Int16Array(audioBytes.length >> 1);
      for (let index = 0; index < samples.length; index++) samples[index] = view.getInt16(index * 2, true);
      return samples;
    }
    case `${TAG_FLOAT}/32`: {
      const samples = new Int16Array(audioBytes.length >> 2);
      for (let index = 0; index < samples.length; index++) {
        // NaN becomes 0: the array's own conversion does that.
        const value = Math.round(view.getFloat32(index * 4, true) * 32_768);
        samples[index] = Math.max(-32_768, Math.min(32_767, value));
      }
      return samples;
    }
    case `${TAG_ALAW}/8`:
      return decodeG711('alaw', audioBytes);
    case `${TAG_MULAW}/8`:
      return decodeG711('mulaw', audioBytes);
    default:
      return null;
  }
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function refused(expected: string, name: string, received: string): WavReading {
  return { ok: false, reason: `Expected ${expected} for ${name}, received ${received}` };
}

/** Enough of what came instead to know it: vendors answer with MP3 or an error in JSON. */
function describeStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing';
  const start = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  return /^[\x20-\x7e]+$/.test(start)
    ? `bytes that begin with "${start}"`
    : `${bytes.length} bytes of something else`;
}
