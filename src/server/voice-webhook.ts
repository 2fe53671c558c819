/**
 * `POST /voice`: a call comes in. Answers with TwiML always, once the request has passed the gate: a stream, a wait, or a
 * spoken refusal; never a stream that nobody will serve. The same webhook again gets the same answer. I/O thread.
 */
import { sayAndHangup } from '../protocol/twiml.ts';
import type { Admission } from './admission.ts';
import { type CallDoor, twimlAnswer } from './call-door.ts';
import type { Exchange } from './exchange.ts';
import { SPOKEN } from './spoken.ts';
import { waitAgain, waitsOf } from './waiting.ts';
import type { WebhookGate } from './webhook-gate.ts';

/** Whether this process takes calls. */
export interface Readiness {
  /** Something is there to serve a call: a worker, a voice, warm prompts. */
  readonly isWarm: boolean;
  /** `draining`: no new calls. `ending`: no streams at all any more. */
  readonly leaving: 'no' | 'draining' | 'ending';
}

export const VOICE_PATH = '/voice';

export class VoiceWebhook {
  readonly #gate: WebhookGate;
  readonly #door: CallDoor;
  readonly #admission: Admission;
  readonly #readiness: Readiness;

  constructor(parts: { gate: WebhookGate; door: CallDoor; admission: Admission; readiness: Readiness }) {
    this.#gate = parts.gate;
    this.#door = parts.door;
    this.#admission = parts.admission;
    this.#readiness = parts.readiness;
  }

  async answer(exchange: Exchange): Promise<void> {
    const webhook = await this.#gate.admit(exchange, VOICE_PATH);
    if (webhook === null) return;
    if (this.#readiness.leaving !== 'no') {
      exchange.answer(twimlAnswer(sayAndHangup(SPOKEN.draining)));
      return;
    }
    if (!this.#readiness.isWarm) {
      const wait = waitAgain(this.#door.url(exchange, VOICE_PATH), waitsOf(exchange.query));
      exchange.answer(twimlAnswer(wait ?? sayAndHangup(SPOKEN.notReady)));
      return;
    }
    if (this.#admission.request(webhook.callSid, webhook.caller) === 'full') {
      exchange.answer(twimlAnswer(sayAndHangup(SPOKEN.full)));
      return;
    }
    exchange.answer(this.#door.connect(exchange, webhook.callSid, 0));
  }
}
