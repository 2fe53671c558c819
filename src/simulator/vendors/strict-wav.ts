/**
 * A WAV file of PCM16 mono whose every size is right: no dummies, no rest. On purpose not `audio/wav.ts`, which the server
 * writes with.
 */

export interface StrictWav {
  readonly sampleRateHz: number;
  readonly samples: Int16Array;
}

/** Null for anything else. The samples may lie in `file`. */
export function parseStrictWav(file: Buffer): StrictWav | null {
  const isWav =
    file.length >= 44 &&
    file.toString('latin1', 0, 4) === 'RIFF' &&
    file.readUInt32LE(4) === file.length - 8 &&
    file.toString('latin1', 8, 16) === 'WAVEfmt ' &&
    file.readUInt32LE(16) === 16 &&
    file.toString('latin1', 36, 40) === 'data' &&
    file.readUInt32LE(40) === file.length - 44;
  if (!isWav) return null;
  const sampleRateHz = file.readUInt32LE(24);
  const isPcm16Mono =
    file.readUInt16LE(20) === 1 &&
    file.readUInt16LE(22) === 1 &&
    file.readUInt32LE(28) === sampleRateHz * 2 &&
    file.readUInt16LE(32) === 2 &&
    file.readUInt16LE(34) === 16;
  if (!isPcm16Mono || sampleRateHz < 8000 || sampleRateHz > 48_000 || file.length % 2 !== 0) return null;
  // In the order of this machine's bytes, which is little-endian wherever the addon is built. A view where that can be.
  const data = file.byteOffset % 2 === 0 ? file.subarray(44) : Uint8Array.from(file.subarray(44));
  return { sampleRateHz, samples: new Int16Array(data.buffer, data.byteOffset, data.length / 2) };
}
