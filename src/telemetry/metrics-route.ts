/**
 * `GET /metrics`: for a bearer of the token where there is one, else for local requests. It says how busy a business is,
 * and no stranger needs to know that. I/O thread.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Registry } from 'prom-client';
import { type Exchange, textAnswer } from '../server/exchange.ts';
import { isLocalRequest } from '../server/local-request.ts';

const BEARER = /^bearer +([\w.~+/=-]+) *$/i;

export class MetricsRoute {
  readonly #registry: Pick<Registry, 'contentType' | 'metrics'>;
  readonly #tokenHash: Buffer | null;

  /** `token` null: local requests only. */
  constructor(registry: Pick<Registry, 'contentType' | 'metrics'>, token: string | null) {
    this.#registry = registry;
    this.#tokenHash = token === null ? null : hashOf(token);
  }

  async answer(exchange: Exchange): Promise<void> {
    if (!this.#admits(exchange)) return;
    const body = await this.#registry.metrics();
    exchange.answer({ status: '200 OK', contentType: this.#registry.contentType, body });
  }

  /** False when the exchange was answered with the refusal. */
  #admits(exchange: Exchange): boolean {
    if (this.#tokenHash === null) {
      if (isLocalRequest(exchange)) return true;
      exchange.answer(textAnswer('403 Forbidden', 'Without METRICS_TOKEN only local requests are served'));
      return false;
    }
    const given = BEARER.exec(exchange.header('authorization'))?.[1] ?? '';
    if (exchange.headerCount('authorization') === 1 && timingSafeEqual(hashOf(given), this.#tokenHash))
      return true;
    exchange.answer({
      ...textAnswer('401 Unauthorized', 'Expected the METRICS_TOKEN as a bearer token'),
      headers: { 'WWW-Authenticate': 'Bearer realm="metrics"' },
    });
    return false;
  }
}

/** Of one length, whatever was given: comparing tells nothing of the token's. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
