/**
 * `POST /voice`: a call comes in. Answers with TwiML always, once the request has passed the gate: a stream, a wait, or a
 * spoken refusal; never a stream that nobody will serve. The same webhook again gets the same answer until a stream has
 * come; from then on that answer's token is used up, and the call is answered as one that comes back. Twilio's idempotency
 * header is not asked: it is not signed, and of a webhook and its retry Twilio carries out one answer. I/O thread.
 */
import { redirect, sayAndHangup } from '../protocol/plain-twiml.ts';
import { SPOKEN } from '../protocol/spoken.ts';
import { tryElsewhere, waitAgain, waitsOf } from '../protocol/waiting.ts';
import { VOICE_PATH } from '../protocol/webhook-paths.ts';
import type { Admission } from './admission.ts';
import type { CallDirectory } from './call-directory.ts';
import { type CallDoor, twimlAnswer } from './call-door.ts';
import type { CallReturn } from './call-return.ts';
import type { Exchange } from './exchange.ts';
import type { Readiness } from './readiness.ts';
import type { ServerSettings } from './server-settings.ts';
import type { VoiceCounts } from './voice-counts.ts';
import type { WarmWait } from './warm-wait.ts';
import type { Webhook, WebhookGate } from './webhook-gate.ts';

export interface VoiceParts {
  readonly gate: WebhookGate;
  readonly door: CallDoor;
  readonly returns: CallReturn;
  readonly admission: Admission;
  readonly directory: CallDirectory;
  readonly readiness: Readiness;
  readonly warmWait: WarmWait;
  /** Other nodes may share the store: who has no room here may find some there. */
  readonly hasOthers: boolean;
  /** What is answered where nobody has room. */
  readonly busy: Pick<ServerSettings, 'busyMessage' | 'busyRedirectUrl'>;
  readonly counts: VoiceCounts;
}

export class VoiceWebhook {
  readonly #parts: VoiceParts;
  readonly #busy: string;

  constructor(parts: VoiceParts) {
    this.#parts = parts;
    const { busyMessage, busyRedirectUrl } = parts.busy;
    this.#busy = busyRedirectUrl === null ? sayAndHangup(busyMessage) : redirect(busyRedirectUrl);
  }

  async answer(exchange: Exchange): Promise<void> {
    const webhook = await this.#parts.gate.admit(exchange, VOICE_PATH);
    if (webhook !== null) await this.take(exchange, webhook, VOICE_PATH, false);
  }

  /** A call that passed the gate at `path`. `isExpected`: it is one of ours, for which a slot was kept when it was placed. */
  async take(exchange: Exchange, webhook: Webhook, path: string, isExpected: boolean): Promise<void> {
    const { admission, directory, door, readiness, returns } = this.#parts;
    await this.#parts.warmWait.wait();
    if (directory.claimedAttempt(webhook.callSid) >= 0) {
      await returns.answer(exchange, webhook, -1, path);
      return;
    }
    // One of ours was placed before we began to leave.
    if (readiness.leaving === 'ending' || (readiness.leaving === 'draining' && !isExpected)) {
      this.#refuse(exchange, 'draining', path, sayAndHangup(SPOKEN.draining));
      return;
    }
    if (!readiness.isWarm) {
      this.#parts.counts.refused['not ready'] += 1;
      const wait = waitAgain(door.url(exchange, path), waitsOf(exchange.query));
      exchange.answer(twimlAnswer(wait ?? sayAndHangup(SPOKEN.notReady)));
      return;
    }
    if (isExpected) admission.renew(webhook.callSid, webhook.caller);
    else if (admission.request(webhook.callSid, webhook.caller) === 'full') {
      this.#refuse(exchange, 'full', path, this.#busy);
      return;
    }
    this.#parts.counts.admitted += 1;
    exchange.answer(door.connect(exchange, webhook, 0));
  }

  #refuse(exchange: Exchange, reason: 'draining' | 'full', path: string, twiml: string): void {
    const { counts, door, hasOthers } = this.#parts;
    counts.refused[reason] += 1;
    const wait = hasOthers ? tryElsewhere(door.url(exchange, path), waitsOf(exchange.query)) : null;
    exchange.answer(twimlAnswer(wait ?? twiml));
  }
}
