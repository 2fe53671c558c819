/**
 * The answer for a call that comes back: its stream has ended, or its first webhook is sent again after a stream came.
 * Decided from the directory and the store, so it works for a call of an earlier process or another node. I/O thread.
 */
import type { Clock } from '../clock.ts';
import { sayAndHangup } from '../protocol/plain-twiml.ts';
import { SPOKEN } from '../protocol/spoken.ts';
import { dial, hangup } from '../protocol/twiml.ts';
import { tryElsewhere, waitAgain, waitsOf } from '../protocol/waiting.ts';
import type { CallRecord, CallStore } from '../store/call-store.ts';
import type { Admission } from './admission.ts';
import type { CallDirectory } from './call-directory.ts';
import { type CallDoor, twimlAnswer } from './call-door.ts';
import { type Outcome, withinDeadline } from './deadline.ts';
import type { Exchange } from './exchange.ts';
import { nextStep } from './next-step.ts';
import type { Readiness } from './readiness.ts';
import type { WarmWait } from './warm-wait.ts';
import type { Webhook } from './webhook-gate.ts';

/** The caller hears nothing meanwhile. */
const LOAD_DEADLINE_MS = 1000;
/** Of a stream that was not ours: without the record the caller would be told to wait for as long. */
const UNKNOWN_LOAD_DEADLINE_MS = 2000;
/** A stream that another node has ended: its end is committed about when the carrier hears of it, and asks us. */
const END_WRITTEN_MS = 150;

export interface CallReturnParts {
  readonly door: CallDoor;
  readonly admission: Admission;
  readonly readiness: Readiness;
  readonly warmWait: WarmWait;
  /** Told of every call whose carrier asks. */
  readonly asked: (callSid: string) => void;
  /** Told when it has been answered, too. */
  readonly answered: (callSid: string) => void;
  readonly directory: CallDirectory;
  readonly store: CallStore;
  readonly clock: Clock;
}

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
    const { directory, warmWait } = this.#parts;
    const { callSid } = webhook;
    await warmWait.wait();
    const loaded = await this.#load(callSid, tokenAttempt);
    // Read after the wait: a stream may have come or gone meanwhile.
    const claimedAttempt = directory.claimedAttempt(callSid);
    if (loaded.kind !== 'done' && claimedAttempt < tokenAttempt) {
      // That stream was on another node, or on this one before it started anew: only the store knows what came of it.
      this.#wait(exchange, path);
      return;
    }
    const step = nextStep({
      tokenAttempt,
      claimedAttempt,
      isLive: directory.isLive(callSid),
      end: directory.lastEnd(callSid),
      record: loaded.kind === 'done' ? loaded.value : null,
    });
    switch (step.kind) {
      case 'hangup':
        exchange.answer(twimlAnswer(hangup()));
        return;
      case 'dial':
        exchange.answer(twimlAnswer(dial(step.to)));
        return;
      case 'say':
        exchange.answer(twimlAnswer(sayAndHangup(step.text)));
        return;
      case 'apologize':
        exchange.answer(twimlAnswer(sayAndHangup(SPOKEN.lost)));
        return;
      case 'resume': {
        // A store that does not say is no proof that the caller was never in.
        const hadStream = claimedAttempt >= 0 || loaded.kind !== 'done' || loaded.value !== null;
        this.#resume(exchange, webhook, { attempt: step.attempt, hadStream, path });
      }
    }
  }

  /** The call's record, as it is after the stream that the carrier says has ended. */
  async #load(callSid: string, tokenAttempt: number): Promise<Outcome<CallRecord | null>> {
    const { clock, directory, store } = this.#parts;
    const isOurs = directory.claimedAttempt(callSid) >= tokenAttempt;
    const deadlineMs = isOurs ? LOAD_DEADLINE_MS : UNKNOWN_LOAD_DEADLINE_MS;
    const load = () => withinDeadline(clock, deadlineMs, store.load(callSid));
    const first = await load();
    if (first.kind !== 'done' || first.value === null || store.engine === 'sqlite') return first;
    const { attempt, endReason, outcome } = first.value;
    const isOpenElsewhere = attempt === tokenAttempt && endReason === null && outcome === null;
    if (!isOpenElsewhere || isOurs) return first;
    await new Promise<void>((resolve) => {
      clock.setTimer(END_WRITTEN_MS, resolve);
    });
    const second = await load();
    return second.kind === 'done' ? second : first;
  }

  /** The caller waits, and the carrier asks again: this process, or another that knows more. */
  #wait(exchange: Exchange, path: string): void {
    const wait = waitAgain(this.#parts.door.url(exchange, path), waitsOf(exchange.query));
    exchange.answer(twimlAnswer(wait ?? sayAndHangup(SPOKEN.lost)));
  }

  #resume(
    exchange: Exchange,
    webhook: Webhook,
    resumed: { attempt: number; hadStream: boolean; path: string },
  ): void {
    const { admission, door, readiness, store } = this.#parts;
    const { callSid, caller } = webhook;
    // While others drain or start, the caller waits: this process comes back, or another node answers.
    if (readiness.leaving === 'ending' || !readiness.isWarm) {
      this.#wait(exchange, resumed.path);
      return;
    }
    // Whoever had a stream was let in, and keeps the slot; a stream that never came was not, or let its slot go.
    if (resumed.hadStream) admission.renew(callSid, caller);
    else if (admission.request(callSid, caller) === 'full') {
      // A stream that met a full node, while the slot is kept on the one that let the call in.
      const wait =
        store.engine === 'postgres'
          ? tryElsewhere(door.url(exchange, resumed.path), waitsOf(exchange.query))
          : null;
      exchange.answer(twimlAnswer(wait ?? sayAndHangup(SPOKEN.full)));
      return;
    }
    exchange.answer(door.connect(exchange, webhook, resumed.attempt));
  }
}
