/**
 * What the carrier asks and tells of a call that we placed: what to do with it once it is answered, how it goes, and that a machine has
 * taken it. Each names the call by our own id too, since it may come before the carrier's answer to our request. I/O thread.
 */
import { isDialId, isFinal, isMachine, toCarrierStatus } from '../channel/dial-messages.ts';
import type { Clock } from '../clock.ts';
import { MACHINE_PATH, OUTBOUND_PATH, OUTBOUND_STATUS_PATH } from '../protocol/webhook-paths.ts';
import type { DialStore } from '../store/dial-store.ts';
import type { CallDirectory } from './call-directory.ts';
import type { EndedCalls } from './ended-calls.ts';
import { type Exchange, textAnswer } from './exchange.ts';
import type { GuardedApp } from './guarded-app.ts';
import type { VoiceWebhook } from './voice-webhook.ts';
import type { Webhook, WebhookGate } from './webhook-gate.ts';

export interface OutboundWebhooksParts {
  readonly gate: WebhookGate;
  readonly voice: Pick<VoiceWebhook, 'take'>;
  readonly directory: Pick<CallDirectory, 'machineAnswered'>;
  readonly ended: Pick<EndedCalls, 'end'>;
  readonly dials: Pick<DialStore, 'putDialNews' | 'tellMachine'>;
  readonly clock: Clock;
}

export class OutboundWebhooks {
  readonly #parts: OutboundWebhooksParts;

  constructor(parts: OutboundWebhooksParts) {
    this.#parts = parts;
  }

  addRoutes(app: GuardedApp, prefix: string): void {
    app.route('post', `${prefix}${OUTBOUND_PATH}:dialId`, (exchange) => this.#answerVoice(exchange));
    app.route('post', `${prefix}${OUTBOUND_STATUS_PATH}:dialId`, (exchange) => this.#answerStatus(exchange));
    app.route('post', `${prefix}${MACHINE_PATH}:dialId`, (exchange) => this.#answerMachine(exchange));
  }

  async #answerVoice(exchange: Exchange): Promise<void> {
    const webhook = await this.#admit(exchange, OUTBOUND_PATH);
    if (webhook === null) return;
    // Kept before the stream can come: by the carrier's name, what the call is about is found.
    await this.#tell(exchange.parameter, webhook, webhook.callStatus);
    const own = { ...webhook, caller: { ...webhook.caller, direction: 'outbound' as const } };
    await this.#parts.voice.take(exchange, own, OUTBOUND_PATH + exchange.parameter, true);
  }

  async #answerStatus(exchange: Exchange): Promise<void> {
    const webhook = await this.#admit(exchange, OUTBOUND_STATUS_PATH);
    if (webhook === null) return;
    const status = toCarrierStatus(webhook.callStatus);
    // The call's own end first: what is told of the outbound call ends only records of calls that never began.
    if (status !== null && isFinal(status)) await this.#parts.ended.end(webhook.callSid);
    await this.#tell(exchange.parameter, webhook, webhook.callStatus);
    exchange.answer(textAnswer('200 OK', 'ok'));
  }

  async #answerMachine(exchange: Exchange): Promise<void> {
    const webhook = await this.#admit(exchange, MACHINE_PATH);
    if (webhook === null) return;
    await this.#tell(exchange.parameter, webhook, 'in-progress');
    const { dials, directory } = this.#parts;
    const { answeredBy, callSid } = webhook;
    if (isMachine(answeredBy) && !directory.machineAnswered(callSid)) await dials.tellMachine(callSid);
    exchange.answer(textAnswer('200 OK', 'ok'));
  }

  async #admit(exchange: Exchange, path: string): Promise<Webhook | null> {
    const dialId = exchange.parameter;
    if (!this.#parts.gate.admitsOrigin(exchange)) return null;
    if (!isDialId(dialId)) {
      exchange.answer(textAnswer('404 Not Found', 'There is nothing at this path'));
      return null;
    }
    return this.#parts.gate.admit(exchange, path + dialId);
  }

  async #tell(dialId: string, { answeredBy, callSid }: Webhook, callStatus: string): Promise<void> {
    const { clock, dials } = this.#parts;
    const status = toCarrierStatus(callStatus) ?? 'queued';
    const atWallMs = clock.wallMs();
    await dials.putDialNews({ dialId, callSid, status, answeredBy: answeredBy || null, atWallMs });
  }
}
