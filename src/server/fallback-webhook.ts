/**
 * `POST /voice/fallback`: the carrier could not have our answer, or not run it, and says why by ErrorCode. The answer is
 * fixed text: it needs no store, no worker, no voice, and no slot. I/O thread.
 */
import type { Log } from '../log.ts';
import { sayAndHangup } from '../protocol/plain-twiml.ts';
import { SPOKEN } from '../protocol/spoken.ts';
import { FALLBACK_PATH } from '../protocol/webhook-paths.ts';
import { twimlAnswer } from './call-door.ts';
import type { Exchange } from './exchange.ts';
import type { WebhookGate } from './webhook-gate.ts';

export class FallbackWebhook {
  readonly #gate: WebhookGate;
  readonly #log: Log;

  constructor(gate: WebhookGate, log: Log) {
    this.#gate = gate;
    this.#log = log;
  }

  async answer(exchange: Exchange): Promise<void> {
    const webhook = await this.#gate.admit(exchange, FALLBACK_PATH);
    if (webhook === null) return;
    const { callSid, errorCode } = webhook;
    this.#log.error(
      { event: 'call.fallback', callSid, code: errorCode },
      'the carrier could not use our answer, and asked for the fallback',
    );
    exchange.answer(twimlAnswer(sayAndHangup(SPOKEN.failed)));
  }
}
