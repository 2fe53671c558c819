/**
 * A recording read as strictly as the format is written down: RIFF of two channels of mu-law at 8 kHz, every size right, nothing
 * before, between or after the chunks. On purpose not `audio/wav.ts`, which writes them.
 */
import { MULAW_TO_LINEAR } from '../../src/simulator/mulaw.ts';

export interface StrictRecording {
  /** Codes. */
  readonly left: Uint8Array;
  readonly right: Uint8Array;
  readonly durationMs: number;
}

/** Throws for anything else, and says what. */
export function readStrictRecording(file: Buffer): StrictRecording {
  const facts = {
    riff: file.toString('latin1', 0, 4),
    riffBytes: file.readUInt32LE(4) + 8,
    wave: file.toString('latin1', 8, 16),
    fmtBytes: file.readUInt32LE(16),
    tag: file.readUInt16LE(20),
    channels: file.readUInt16LE(22),
    sampleRateHz: file.readUInt32LE(24),
    bytesPerSecond: file.readUInt32LE(28),
    frameBytes: file.readUInt16LE(32),
    bits: file.readUInt16LE(34),
    extensionBytes: file.readUInt16LE(36),
    fact: file.toString('latin1', 38, 42),
    factBytes: file.readUInt32LE(42),
    frames: file.readUInt32LE(46),
    data: file.toString('latin1', 50, 54),
    dataBytes: file.readUInt32LE(54),
  };
  const dataBytes = file.length - 58;
  const expected = {
    riff: 'RIFF',
    riffBytes: file.length,
    wave: 'WAVEfmt ',
    fmtBytes: 18,
    tag: 7,
    channels: 2,
    sampleRateHz: 8000,
    bytesPerSecond: 16_000,
    frameBytes: 2,
    bits: 8,
    extensionBytes: 0,
    fact: 'fact',
    factBytes: 4,
    frames: dataBytes / 2,
    data: 'data',
    dataBytes,
  };
  if (JSON.stringify(facts) !== JSON.stringify(expected))
    throw new Error(`expected ${JSON.stringify(expected)}, received ${JSON.stringify(facts)}`);
  const frames = dataBytes / 2;
  const left = Uint8Array.from({ length: frames }, (_, index) => file[58 + index * 2]!);
  const right = Uint8Array.from({ length: frames }, (_, index) => file[59 + index * 2]!);
  return { left, right, durationMs: frames / 8 };
}

/** Loudness of `codes` from `fromMs` to `toMs`: root mean square of the samples. */
export function loudness(codes: Uint8Array, fromMs: number, toMs: number): number {
  const part = codes.subarray(Math.round(fromMs * 8), Math.round(toMs * 8));
  let sum = 0;
  for (const code of part) sum += MULAW_TO_LINEAR[code]! ** 2;
  return part.length === 0 ? 0 : Math.sqrt(sum / part.length);
}
