/**
 * The answer for a call that comes back: its stream has ended, or its first webhook is sent again after a stream came.
 * Decided from the directory and the store, so it works for a call of an earlier process or another node. I/O thread.
 */
import { isFinal, toCarrierStatus } from '../channel/dial-messages.ts';
import { sayAndHangup } from '../protocol/plain-twiml.ts';
import { SPOKEN } from '../protocol/spoken.ts';
import { hangup } from '../protocol/twiml.ts';
import { tryElsewhere, waitAgain, waitsOf } from '../protocol/waiting.ts';
import type { CallStore } from '../store/call-store.ts';
import type { DialStore } from '../store/dial-store.ts';
import type { Admission } from './admission.ts';
import { type CallDoor, twimlAnswer } from './call-door.ts';
import type { Exchange } from './exchange.ts';
import type { NextOfCall } from './next-of-call.ts';
import type { NextStep } from './next-step.ts';
import type { Readiness } from './readiness.ts';
import type { WarmWait } from './warm-wait.ts';
import type { Webhook } from './webhook-gate.ts';

export interface CallReturnParts {
  readonly door: CallDoor;
  readonly admission: Admission;
  readonly readiness: Readiness;
  readonly warmWait: WarmWait;
  /** Told of every call whose carrier asks. */
  readonly asked: (callSid: string) => void;
  /** Told when it has been answered, too. */
  readonly answered: (callSid: string) => void;
  readonly next: Pick<NextOfCall, 'find'>;
  readonly store: Pick<CallStore, 'engine' | 'finish'>;
  /** Absent: nobody keeps how transfers went. */
  readonly dials?: Pick<DialStore, 'putTransferStatus'> | undefined;
}

function isOver(callStatus: string): boolean {
  const status = toCarrierStatus(callStatus);
  return status !== null && isFinal(status);
}

type Resumed = Extract<NextStep, { kind: 'resume' | 'return' }>;

export class CallReturn {
  readonly #parts: CallReturnParts;

  constructor(parts: CallReturnParts) {
    this.#parts = parts;
  }

  /** `tokenAttempt`: of the stream that ended, -1 where none is named. `path`: where to ask again, without query. */
  async answer(exchange: Exchange, webhook: Webhook, tokenAttempt: number, path: string): Promise<void> {
    const { answered, asked } = this.#parts;
    asked(webhook.callSid);
    try {
      await this.#answer(exchange, webhook, tokenAttempt, path);
    } finally {
      answered(webhook.callSid);
    }
  }

  async #answer(exchange: Exchange, webhook: Webhook, tokenAttempt: number, path: string): Promise<void> {
    const { door, next, store, warmWait } = this.#parts;
    const { callSid } = webhook;
    await warmWait.wait();
    const { callStatus, dialStatus } = webhook;
    // Before anything else is answered: whoever asks again must not be put through again.
    await this.keepTransfer(webhook);
    // The caller has gone while it rang somewhere, or talked there.
    if (isOver(callStatus)) {
      exchange.answer(twimlAnswer(hangup()));
      return;
    }
    const found = await next.find(callSid, tokenAttempt, dialStatus);
    if (found === null) {
      this.#wait(exchange, path, dialStatus);
      return;
    }
    const { hadStream, step } = found;
    switch (step.kind) {
      case 'hangup':
        exchange.answer(twimlAnswer(hangup()));
        return;
      case 'dial':
        // Its node has died: without an end it would be taken for a call that is on, and be brought back out of the talk.
        if (step.endsAttempt !== null) await store.finish(callSid, step.endsAttempt, 'transferred');
        exchange.answer(door.transfer(exchange, callSid, Math.max(0, tokenAttempt), step.transfer));
        return;
      case 'say':
        exchange.answer(twimlAnswer(sayAndHangup(step.text)));
        return;
      case 'apologize':
        exchange.answer(twimlAnswer(sayAndHangup(SPOKEN.lost)));
        return;
      case 'resume':
      case 'return':
        this.#resume(exchange, webhook, { step, hadStream, path });
    }
  }

  /** How the call's transfer went, if the carrier says so. */
  async keepTransfer({ callSid, dialStatus }: Webhook): Promise<void> {
    if (dialStatus !== '') await this.#parts.dials?.putTransferStatus(callSid, dialStatus);
  }

  /** The caller waits, and the carrier asks again: this process, or another that knows more. */
  #wait(exchange: Exchange, path: string, dialStatus: string): void {
    const wait = waitAgain(this.#parts.door.url(exchange, path), waitsOf(exchange.query), dialStatus);
    exchange.answer(twimlAnswer(wait ?? sayAndHangup(SPOKEN.lost)));
  }

  #resume(
    exchange: Exchange,
    webhook: Webhook,
    resumed: { step: Resumed; hadStream: boolean; path: string },
  ): void {
    const { admission, door, readiness, store } = this.#parts;
    const { callSid, caller } = webhook;
    // While others drain or start, the caller waits: this process comes back, or another node answers.
    if (readiness.leaving === 'ending' || !readiness.isWarm) {
      this.#wait(exchange, resumed.path, webhook.dialStatus);
      return;
    }
    // Whoever had a stream was let in, and keeps the slot; a stream that never came was not, or let its slot go.
    if (resumed.hadStream) admission.renew(callSid, caller);
    else if (admission.request(callSid, caller) === 'full') {
      // A stream that met a full node, while the slot is kept on the one that let the call in.
      const wait =
        store.engine === 'postgres'
          ? tryElsewhere(door.url(exchange, resumed.path), waitsOf(exchange.query), webhook.dialStatus)
          : null;
      exchange.answer(twimlAnswer(wait ?? sayAndHangup(SPOKEN.full)));
      return;
    }
    exchange.answer(door.connect(exchange, webhook, resumed.step.attempt, resumed.step.kind === 'return'));
  }
}
