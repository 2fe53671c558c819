/**
 * `GET /metrics`: for a bearer of the token where there is one, else for local requests. It says how busy a business is,
 * and no stranger needs to know that. I/O thread.
 */
import type { Registry } from 'prom-client';
import { BearerGate } from '../server/bearer-gate.ts';
import { type Exchange, textAnswer } from '../server/exchange.ts';

export class MetricsRoute {
  readonly #registry: Pick<Registry, 'contentType' | 'metrics'>;
  readonly #gate: BearerGate;

  /** `token` null: local requests only. */
  constructor(registry: Pick<Registry, 'contentType' | 'metrics'>, token: string | null) {
    this.#registry = registry;
    this.#gate = new BearerGate(token);
  }

  async answer(exchange: Exchange): Promise<void> {
    switch (this.#gate.admits(exchange)) {
      case 'not local':
        exchange.answer(textAnswer('403 Forbidden', 'Without METRICS_TOKEN only local requests are served'));
        return;
      case 'no token':
        exchange.answer({
          ...textAnswer('401 Unauthorized', 'Expected the METRICS_TOKEN as a bearer token'),
          headers: { 'WWW-Authenticate': 'Bearer realm="metrics"' },
        });
        return;
      case 'admitted': {
        const body = await this.#registry.metrics();
        exchange.answer({ status: '200 OK', contentType: this.#registry.contentType, body });
      }
    }
  }
}
