/** The pieces of one utterance as one. */
import type { PcmAudio } from '../../audio/audio-format.ts';
import { ProviderError } from '../../errors.ts';

/** Null if there are none. Throws ProviderError if their rates differ: that is a defect of whoever cut it. */
export function joinPieces(pieces: readonly PcmAudio[], provider: string): PcmAudio | null {
  const first = pieces[0];
  if (first === undefined || pieces.length === 1) return first ?? null;
  const samples = new Int16Array(pieces.reduce((count, piece) => count + piece.samples.length, 0));
  let at = 0;
  for (const piece of pieces) {
    requireRate(piece, first.sampleRateHz, provider);
    samples.set(piece.samples, at);
    at += piece.samples.length;
  }
  return { samples, sampleRateHz: first.sampleRateHz };
}

export function requireRate(piece: PcmAudio, rateHz: number, provider: string): void {
  if (piece.sampleRateHz === rateHz) return;
  throw new ProviderError(
    `Expected ${rateHz} Hz for every piece of an utterance, received ${piece.sampleRateHz}`,
    { provider, fault: 'refused' },
  );
}
