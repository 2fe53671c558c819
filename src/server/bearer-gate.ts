/**
 * Who may see what strangers need not: a bearer of the token where there is one, from wherever; else a local request. Says
 * nothing itself, since what is refused differs in words from route to route. I/O thread.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isLocalRequest, type RequestOrigin } from './local-request.ts';

const BEARER = /^bearer +([\w.~+/=-]+) *$/i;

export type BearerAnswer = 'admitted' | 'not local' | 'no token';

export class BearerGate {
  readonly #tokenHash: Buffer | null;

  /** `token` null: local requests only. */
  constructor(token: string | null) {
    this.#tokenHash = token === null ? null : hashOf(token);
  }

  admits(request: RequestOrigin): BearerAnswer {
    if (this.#tokenHash === null) return isLocalRequest(request) ? 'admitted' : 'not local';
    const given = request.headers.filter(([name]) => name === 'authorization');
    // Two of them are two readings of one request, by us and by whoever stands in between.
    if (given.length !== 1) return 'no token';
    const token = BEARER.exec(given[0]![1])?.[1] ?? '';
    return timingSafeEqual(hashOf(token), this.#tokenHash) ? 'admitted' : 'no token';
  }
}

/** Of one length, whatever was given: comparing tells nothing of the token's. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
