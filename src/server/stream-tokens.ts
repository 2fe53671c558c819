/**
 * The stream tokens of this process. A token's own expiry is by the wall clock, and so tolerant that it lives an hour
 * longer; one that was minted here is held to a minute of the monotonic clock, which nobody sets. For one of another node,
 * or of this one before its restart, the tolerant expiry is all there is. I/O thread.
 */
import type { Clock } from '../clock.ts';
import { CLOCK_STEP_TOLERANCE_MS, mintToken, readToken, type TokenReading } from '../protocol/tokens.ts';

/** Life of a stream token. */
export const STREAM_TOKEN_MS = 60_000;
/** By then every wall clock says so too. */
const REMEMBER_MS = STREAM_TOKEN_MS + 2 * CLOCK_STEP_TOLERANCE_MS;
/** Calls remembered at once; the oldest are forgotten first, and left to the tolerant expiry. */
const REMEMBERED_MAX = 20_000;

export type StreamTokenKind = 'stream' | 'page stream';

interface Minted {
  /** The latest; those before it are older still. */
  readonly attempt: number;
  readonly atMs: number;
}

export class StreamTokens {
  readonly #clock: Clock;
  readonly #sessionKey: Buffer;
  /** By CallSid, in order of minting. */
  readonly #minted = new Map<string, Minted>();

  constructor(options: { clock: Clock; sessionKey: Buffer }) {
    this.#clock = options.clock;
    this.#sessionKey = options.sessionKey;
  }

  /** A token for the call's stream number `attempt`, good for `STREAM_TOKEN_MS`. */
  mint(callSid: string, attempt: number, kind: StreamTokenKind = 'stream'): string {
    const atMs = this.#clock.nowMs();
    this.#minted.delete(callSid);
    this.#minted.set(callSid, { attempt, atMs });
    for (const [oldest, minted] of this.#minted) {
      if (minted.atMs > atMs - REMEMBER_MS && this.#minted.size <= REMEMBERED_MAX) break;
      this.#minted.delete(oldest);
    }
    const expiresAtMs = this.#clock.wallMs() + STREAM_TOKEN_MS;
    return mintToken(kind, { callSid, attempt, expiresAtMs }, this.#sessionKey);
  }

  /** As `readToken`. That a token was used before is not known here. */
  read(token: string, kind: StreamTokenKind = 'stream'): TokenReading {
    const reading = readToken(token, kind, this.#sessionKey, this.#clock.wallMs());
    if (reading.status !== 'ok') return reading;
    const { callSid, attempt } = reading.claims;
    const minted = this.#minted.get(callSid);
    const isOurs = minted !== undefined && attempt <= minted.attempt;
    if (isOurs && this.#clock.nowMs() >= minted.atMs + STREAM_TOKEN_MS) {
      return { status: 'expired', claims: reading.claims };
    }
    return reading;
  }
}
