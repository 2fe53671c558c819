/**
 * A finished prompt as a file's bytes, and back.
 *
 *     offset  bytes
 *          0      8  magic and version of this layout
 *          8      4  length of `about`, little-endian
 *         12      4  length of `wire`
 *         16      4  length of `levels`
 *         20     32  SHA-256 of all that follows
 *         52         about (JSON: who spoke what, format, audioBytes, durationMs), wire, levels
 */
import { createHash } from 'node:crypto';
import { type AudioFormat, formatName } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import type { Spoken } from './spoken.ts';

/** What a file says of itself. */
export interface PromptAbout extends Spoken {
  /** `codec-rate`. */
  readonly format: string;
  readonly audioBytes: number;
  readonly durationMs: number;
}

/** Raise the number when a prompt's making changes what it sounds like, or this layout changes. */
const MAGIC = Buffer.from('TKPRMPT2', 'latin1');
export const HEADER_BYTES = 52;
/** 40,000 characters, the longest text of any vendor, in UTF-8 and escaped. */
const ABOUT_BYTES_MAX = 256 * 1024;

export function encodePromptFile(prompt: ReadyPrompt, spoken: Spoken): Buffer {
  const { text, provider, model, voice, language } = spoken;
  const { audioBytes, durationMs } = prompt;
  const format = formatName(prompt.format);
  const about = Buffer.from(
    JSON.stringify({
      text,
      provider,
      model,
      voice,
      language,
      format,
      audioBytes,
      durationMs,
    } satisfies PromptAbout),
  );
  const file = Buffer.concat([Buffer.alloc(HEADER_BYTES), about, prompt.wire, prompt.levels]);
  MAGIC.copy(file);
  file.writeUInt32LE(about.length, 8);
  file.writeUInt32LE(prompt.wire.length, 12);
  file.writeUInt32LE(prompt.levels.length, 16);
  createHash('sha256').update(file.subarray(HEADER_BYTES)).digest().copy(file, 20);
  return file;
}

/** The prompt under `key`, if the file is whole and is this speech in this format; else null. Never throws. */
export function parsePromptFile(
  file: Buffer,
  key: string,
  spoken: Spoken,
  format: AudioFormat,
): ReadyPrompt | null {
  const aboutBytes = aboutBytesOf(file);
  if (aboutBytes === null) return null;
  const wireBytes = file.readUInt32LE(12);
  const body = file.subarray(HEADER_BYTES);
  if (body.length !== aboutBytes + wireBytes + file.readUInt32LE(16)) return null;
  if (!createHash('sha256').update(body).digest().equals(file.subarray(20, HEADER_BYTES))) return null;
  const about = parsePromptAbout(body.subarray(0, aboutBytes));
  if (about === null || about.format !== formatName(format)) return null;
  for (const name of ['text', 'provider', 'model', 'voice', 'language'] as const) {
    if (about[name] !== spoken[name]) return null;
  }
  const wireEnd = aboutBytes + wireBytes;
  return {
    key,
    format,
    wire: toShared(body.subarray(aboutBytes, wireEnd)),
    levels: toShared(body.subarray(wireEnd)),
    audioBytes: about.audioBytes,
    durationMs: about.durationMs,
  };
}

/** Length of `about`, of a file's first `HEADER_BYTES`; null where they are not of this layout. */
export function aboutBytesOf(header: Buffer): number | null {
  if (header.length < HEADER_BYTES || !header.subarray(0, 8).equals(MAGIC)) return null;
  const aboutBytes = header.readUInt32LE(8);
  return aboutBytes <= ABOUT_BYTES_MAX ? aboutBytes : null;
}

export function parsePromptAbout(bytes: Buffer): PromptAbout | null {
  try {
    const about = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    const texts = ['text', 'provider', 'model', 'voice', 'language', 'format'];
    const isWhole =
      texts.every((name) => typeof about[name] === 'string') &&
      typeof about['audioBytes'] === 'number' &&
      typeof about['durationMs'] === 'number';
    return isWhole ? (about as unknown as PromptAbout) : null;
  } catch {
    return null;
  }
}

function toShared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
