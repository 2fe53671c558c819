/**
 * The tokens of a call, one format. A *stream* token opens one media WebSocket (the server lets it be used once); a
 * *call* token names a call to `/voice/continue` and may be used again. A browser's are kinds of their own: a page must not take a
 * telephone's call over. All say (kind, callSid, attempt, expiry) under
 * an HMAC, so no node has to remember them. Pure; any thread.
 *
 *      byte 0       1      2                  36          40                46              78
 *      | version=1 | kind | callSid, 34 ASCII | attempt u32 | expiry ms u48 | HMAC-SHA256    |
 *
 * 78 bytes are 104 characters of base64url with no spare bits: each token has exactly one text, so a server that
 * remembers used texts cannot be shown the same token in another spelling.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { InvalidStateError } from '../errors.ts';
import { isCallSid } from './call-sid.ts';
import { TOKEN_CHARACTERS, TOKEN_TEXT } from './token-text.ts';

export type TokenKind = 'stream' | 'call' | 'page stream' | 'page call';

export interface TokenClaims {
  readonly callSid: string;
  /** 0 for a call's first stream, one more at each return. 0 to 2^32 - 1. */
  readonly attempt: number;
  /** Wall clock, ms since the Unix epoch. */
  readonly expiresAtMs: number;
}

export type TokenReading =
  | { readonly status: 'ok'; readonly claims: TokenClaims }
  /** Genuine, but older than its expiry and the tolerance. */
  | { readonly status: 'expired'; readonly claims: TokenClaims }
  /** The right shape, not signed by this key. */
  | { readonly status: 'forged' }
  /** No token at all, or a genuine one of the other kind. */
  | { readonly status: 'malformed' };

/**
 * How far a wall clock may step between minting and reading without ending a call (NTP, a suspended machine, a node whose
 * clock is off; fault s08). Expiry is therefore a bound on how long a leaked token is of use, not a timer: who needs one
 * (the 60 s of a slot that waits for its stream) keeps a monotonic deadline. A clock that steps back only prolongs.
 */
export const CLOCK_STEP_TOLERANCE_MS = 3_600_000;

const VERSION = 1;
const KIND_BYTE = { stream: 0x73, call: 0x63, 'page stream': 0x53, 'page call': 0x43 } as const;
const CLAIMS_BYTES = 46;
const TOKEN_BYTES = 78;
const EXPIRY_MAX_MS = 2 ** 48 - 1;
/** Keeps these signatures apart from any other use of the same key. */
const PURPOSE = 'trunkline token 1\n';

/**
 * A new token, safe in a URL path as it is. Throws InvalidStateError for claims out of range: the caller has checked
 * what came from outside.
 */
export function mintToken(kind: TokenKind, claims: TokenClaims, key: Uint8Array): string {
  if (!isCallSid(claims.callSid)) {
    throw new InvalidStateError('Expected CA and 32 hex digits for callSid, received other text');
  }
  if (!Number.isInteger(claims.attempt) || claims.attempt < 0 || claims.attempt > 0xffff_ffff) {
    throw new InvalidStateError(`Expected 0 to 4294967295 for attempt, received ${claims.attempt}`);
  }
  const expiresAtMs = Math.floor(claims.expiresAtMs);
  if (!(expiresAtMs >= 0 && expiresAtMs <= EXPIRY_MAX_MS)) {
    throw new InvalidStateError(`Expected ms since 1970 for expiresAtMs, received ${claims.expiresAtMs}`);
  }
  const bytes = Buffer.alloc(TOKEN_BYTES);
  bytes[0] = VERSION;
  bytes[1] = KIND_BYTE[kind];
  bytes.write(claims.callSid, 2, 'latin1');
  bytes.writeUInt32BE(claims.attempt, 36);
  bytes.writeUIntBE(expiresAtMs, 40, 6);
  sign(bytes, key).copy(bytes, CLAIMS_BYTES);
  return bytes.toString('base64url');
}

/** Reads a token from outside. Never throws; compares in constant time; does no work on text of the wrong length. */
export function readToken(token: string, kind: TokenKind, key: Uint8Array, wallNowMs: number): TokenReading {
  if (token.length !== TOKEN_CHARACTERS || !TOKEN_TEXT.test(token)) return { status: 'malformed' };
  const bytes = Buffer.from(token, 'base64url');
  if (!timingSafeEqual(bytes.subarray(CLAIMS_BYTES), sign(bytes, key))) return { status: 'forged' };
  if (bytes[0] !== VERSION || bytes[1] !== KIND_BYTE[kind]) return { status: 'malformed' };
  const claims = {
    callSid: bytes.toString('latin1', 2, 36),
    attempt: bytes.readUInt32BE(36),
    expiresAtMs: bytes.readUIntBE(40, 6),
  };
  const expired = wallNowMs > claims.expiresAtMs + CLOCK_STEP_TOLERANCE_MS;
  return { status: expired ? 'expired' : 'ok', claims };
}

function sign(bytes: Buffer, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(PURPOSE).update(bytes.subarray(0, CLAIMS_BYTES)).digest();
}
