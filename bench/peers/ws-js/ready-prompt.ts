/** A prompt as it goes to the wire: base64 in pieces, made once for all calls. */
import { readFileSync } from 'node:fs';

/** As Trunkline's messages: whole groups of base64. */
const PIECE_MS = 240;
const BYTES_PER_MS = 8;

export interface ReadyPrompt {
  readonly pieces: readonly { readonly payload: string; readonly durationMs: number }[];
}

/** `path`: raw 8 kHz mu-law. */
export function loadPrompt(path: string): ReadyPrompt {
  const mulaw = readFileSync(path);
  const pieceBytes = PIECE_MS * BYTES_PER_MS;
  const pieces = [];
  for (let at = 0; at < mulaw.length; at += pieceBytes) {
    const piece = mulaw.subarray(at, at + pieceBytes);
    pieces.push({ payload: piece.toString('base64'), durationMs: piece.length / BYTES_PER_MS });
  }
  return { pieces };
}
