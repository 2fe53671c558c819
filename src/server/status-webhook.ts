/**
 * `POST /voice/status`: status callbacks of calls and streams. They come twice, late and out of order, and tell nothing
 * that the stream and `/voice/continue` have not told first: so they change nothing, and each is thanked for. I/O thread.
 */
import { STATUS_PATH } from '../protocol/webhook-paths.ts';
import { type Exchange, textAnswer } from './exchange.ts';
import type { WebhookGate } from './webhook-gate.ts';

export class StatusWebhook {
  readonly #gate: WebhookGate;

  constructor(gate: WebhookGate) {
    this.#gate = gate;
  }

  async answer(exchange: Exchange): Promise<void> {
    if ((await this.#gate.admit(exchange, STATUS_PATH)) !== null) exchange.answer(textAnswer('200 OK', 'ok'));
  }
}
