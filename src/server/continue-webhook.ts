/**
 * `POST /voice/continue/{callToken}`: a stream has ended, and the carrier asks what now. Answered from the directory and
 * the store, so it works for a call of an earlier process or another node. I/O thread.
 */
import type { Clock } from '../clock.ts';
import { readToken } from '../protocol/tokens.ts';
import { dial, hangup, sayAndHangup } from '../protocol/twiml.ts';
import type { CallStore } from '../store/call-store.ts';
import type { Admission } from './admission.ts';
import type { CallDirectory } from './call-directory.ts';
import { type CallDoor, twimlAnswer } from './call-door.ts';
import { withinDeadline } from './deadline.ts';
import { type Exchange, textAnswer } from './exchange.ts';
import { type NextStep, nextStep } from './next-step.ts';
import { SPOKEN } from './spoken.ts';
import type { Readiness } from './voice-webhook.ts';
import { waitAgain, waitsOf } from './waiting.ts';
import type { Webhook, WebhookGate } from './webhook-gate.ts';

export const CONTINUE_PATH = '/voice/continue/';
/** The caller hears nothing meanwhile. */
const LOAD_DEADLINE_MS = 1000;

export interface ContinueParts {
  readonly gate: WebhookGate;
  readonly door: CallDoor;
  readonly admission: Admission;
  readonly readiness: Readiness;
  readonly directory: CallDirectory;
  readonly store: CallStore;
  readonly clock: Clock;
  readonly sessionKey: Buffer;
}

export class ContinueWebhook {
  readonly #parts: ContinueParts;

  constructor(parts: ContinueParts) {
    this.#parts = parts;
  }

  async answer(exchange: Exchange): Promise<void> {
    const { clock, gate, sessionKey } = this.#parts;
    if (!gate.admitsOrigin(exchange)) return;
    // Before the body: a token costs one HMAC, and a stranger has none.
    const token = readToken(exchange.parameter, 'call', sessionKey, clock.wallMs());
    if (token.status === 'malformed' || token.status === 'forged') {
      exchange.answer(textAnswer('404 Not Found', 'There is nothing at this path'));
      return;
    }
    const webhook = await gate.admit(exchange, CONTINUE_PATH + exchange.parameter);
    if (webhook === null) return;
    if (webhook.callSid !== token.claims.callSid) {
      exchange.answer(textAnswer('403 Forbidden', 'Expected the CallSid of the token for CallSid'));
      return;
    }
    if (token.status === 'expired') {
      exchange.answer(twimlAnswer(hangup()));
      return;
    }
    this.#carryOut(exchange, webhook, await this.#decide(webhook.callSid, token.claims.attempt));
  }

  async #decide(callSid: string, tokenAttempt: number): Promise<NextStep> {
    const { clock, directory, store } = this.#parts;
    const loaded = await withinDeadline(clock, LOAD_DEADLINE_MS, store.load(callSid));
    // Read after the wait: a stream may have come or gone meanwhile.
    return nextStep({
      tokenAttempt,
      claimedAttempt: directory.claimedAttempt(callSid),
      isLive: directory.isLive(callSid),
      end: directory.lastEnd(callSid),
      record: loaded.kind === 'done' ? loaded.value : null,
    });
  }

  #carryOut(exchange: Exchange, webhook: Webhook, step: NextStep): void {
    const { admission, door, readiness } = this.#parts;
    const { callSid, caller } = webhook;
    switch (step.kind) {
      case 'hangup':
        exchange.answer(twimlAnswer(hangup()));
        return;
      case 'dial':
        exchange.answer(twimlAnswer(dial(step.to)));
        return;
      case 'apologize':
        exchange.answer(twimlAnswer(sayAndHangup(SPOKEN.lost)));
        return;
      case 'resume':
        // While others drain or start, the caller waits: this process comes back, or another node answers.
        if (readiness.leaving === 'ending' || !readiness.isWarm) {
          const url = door.url(exchange, CONTINUE_PATH + exchange.parameter);
          exchange.answer(twimlAnswer(waitAgain(url, waitsOf(exchange.query)) ?? sayAndHangup(SPOKEN.lost)));
          return;
        }
        admission.renew(callSid, caller);
        exchange.answer(door.connect(exchange, callSid, step.attempt));
    }
  }
}
