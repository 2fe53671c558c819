/**
 * `POST /voice/continue/{callToken}`: a stream has ended, and the carrier asks what now. What is asked here is whether the
 * question may be put; `CallReturn` answers it. I/O thread.
 */
import type { Clock } from '../clock.ts';
import { readToken } from '../protocol/tokens.ts';
import { hangup } from '../protocol/twiml.ts';
import { CONTINUE_PATH } from '../protocol/webhook-paths.ts';
import { twimlAnswer } from './call-door.ts';
import type { CallReturn } from './call-return.ts';
import { type Exchange, textAnswer } from './exchange.ts';
import type { WebhookGate } from './webhook-gate.ts';

export interface ContinueParts {
  readonly gate: WebhookGate;
  readonly returns: CallReturn;
  readonly clock: Clock;
  readonly sessionKey: Buffer;
}

export class ContinueWebhook {
  readonly #parts: ContinueParts;

  constructor(parts: ContinueParts) {
    this.#parts = parts;
  }

  async answer(exchange: Exchange): Promise<void> {
    const { clock, gate, returns, sessionKey } = this.#parts;
    if (!gate.admitsOrigin(exchange)) return;
    // Before the body: a token costs one HMAC, and a stranger has none.
    const token = readToken(exchange.parameter, 'call', sessionKey, clock.wallMs());
    if (token.status === 'malformed' || token.status === 'forged') {
      exchange.answer(textAnswer('404 Not Found', 'There is nothing at this path'));
      return;
    }
    const path = CONTINUE_PATH + exchange.parameter;
    const webhook = await gate.admit(exchange, path);
    if (webhook === null) return;
    if (webhook.callSid !== token.claims.callSid) {
      exchange.answer(textAnswer('403 Forbidden', 'Expected the CallSid of the token for CallSid'));
      return;
    }
    if (token.status === 'expired') {
      // Who was put through may have talked for hours.
      await returns.keepTransfer(webhook);
      exchange.answer(twimlAnswer(hangup()));
      return;
    }
    await returns.answer(exchange, webhook, token.claims.attempt, path);
  }
}
