/**
 * `POST /voice/status`: status callbacks of calls and streams. They come twice, late and out of order. The last of a call counts: what
 * the carrier says has ended is ended here, whatever its stream and `/voice/continue` have told. I/O thread.
 */
import { isFinal, toCarrierStatus } from '../channel/dial-messages.ts';
import { STATUS_PATH } from '../protocol/webhook-paths.ts';
import type { EndedCalls } from './ended-calls.ts';
import { type Exchange, textAnswer } from './exchange.ts';
import type { WebhookGate } from './webhook-gate.ts';

export class StatusWebhook {
  readonly #gate: WebhookGate;
  readonly #ended: Pick<EndedCalls, 'end'>;

  constructor(gate: WebhookGate, ended: Pick<EndedCalls, 'end'>) {
    this.#gate = gate;
    this.#ended = ended;
  }

  async answer(exchange: Exchange): Promise<void> {
    const webhook = await this.#gate.admit(exchange, STATUS_PATH);
    if (webhook === null) return;
    const status = toCarrierStatus(webhook.callStatus);
    if (status !== null && isFinal(status)) await this.#ended.end(webhook.callSid);
    exchange.answer(textAnswer('200 OK', 'ok'));
  }
}
