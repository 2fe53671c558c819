/**
 * What bytes are that a vendor calls audio, by how they begin: noise must never reach an ear because an error page or a
 * file was taken for bare samples. Bare samples have no mark of their own; whatever has none counts as them.
 */
import { mp3FrameAt } from './mp3-frames.ts';

export type Container = 'wav' | 'mp3' | 'ogg' | 'flac' | 'json' | 'markup' | 'raw';

/** With so many first bytes, or all there are, `containerOf` is sure: the longest frame of an MP3 has 1,441. */
export const CONTAINER_BYTES = 2048;
/** Speech is no text for so long: its samples change sign, and half of all codes are no printable characters. */
const TEXT_BYTES = 64;

/** `bytes` begin where the payload does. Any thread. */
export function containerOf(bytes: Uint8Array): Container {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, CONTAINER_BYTES));
  const mark = start.toString('latin1', 0, 4);
  if (mark === 'RIFF' && start.toString('latin1', 8, 12) === 'WAVE') return 'wav';
  if (mark === 'OggS') return 'ogg';
  if (mark === 'fLaC') return 'flac';
  if (isId3(start) || isMp3(start)) return 'mp3';
  return textContainerOf(start);
}

/** ID3v2, section 3.1: the size's bytes have no eighth bit. */
function isId3(start: Buffer): boolean {
  return (
    start.length >= 10 &&
    start.toString('latin1', 0, 3) === 'ID3' &&
    start[3]! < 0xff &&
    start[4]! < 0xff &&
    (start[6]! | start[7]! | start[8]! | start[9]!) < 0x80
  );
}

/** Mu-law of silence looks like the header of a frame; it never looks like two, a frame apart. */
function isMp3(start: Buffer): boolean {
  const first = mp3FrameAt(start, 0);
  if (first === null) return false;
  const second = mp3FrameAt(start, first.bytes);
  return second !== null && second.sampleRateHz === first.sampleRateHz && second.samples === first.samples;
}

function textContainerOf(start: Buffer): Container {
  const head = start
    .toString('latin1', 0, TEXT_BYTES)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells text from samples
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(head)) return 'raw';
  if (/^(\{\s*(["}]|$)|\[\s*(["{\]\d]|$))/.test(head)) return 'json';
  return /^<([!?/]?[a-z]|!--)/i.test(head) ? 'markup' : 'raw';
}
