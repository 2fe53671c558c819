/**
 * What comes next for a call whose stream has ended, as far as this process and the store know. I/O thread.
 */
import type { Clock } from '../clock.ts';
import type { CallRecord, CallStore } from '../store/call-store.ts';
import type { CallDirectory } from './call-directory.ts';
import { type Outcome, withinDeadline } from './deadline.ts';
import { type NextStep, nextStep } from './next-step.ts';

/** The caller hears nothing meanwhile. */
const LOAD_DEADLINE_MS = 1000;
/** Of a stream that was not ours: without the record the caller would be told to wait for as long. */
const UNKNOWN_LOAD_DEADLINE_MS = 2000;
/** A stream that another node has ended: its end is committed about when the carrier hears of it, and asks us. */
const END_WRITTEN_MS = 150;

export interface FoundNext {
  readonly step: NextStep;
  /** It was let in before, as far as is known: a store that does not say is no proof that it never was. */
  readonly hadStream: boolean;
}

export class NextOfCall {
  readonly #directory: CallDirectory;
  readonly #store: CallStore;
  readonly #clock: Clock;

  constructor(parts: {
    readonly directory: CallDirectory;
    readonly store: CallStore;
    readonly clock: Clock;
  }) {
    this.#directory = parts.directory;
    this.#store = parts.store;
    this.#clock = parts.clock;
  }

  /** `tokenAttempt`: of the stream that ended, -1 where none is named. `dialStatus`: of the transfer that did. Null: only the store knows, and it does not say. */
  async find(callSid: string, tokenAttempt: number, dialStatus = ''): Promise<FoundNext | null> {
    const loaded = await this.#load(callSid, tokenAttempt);
    // Read after the wait: a stream may have come or gone meanwhile.
    const claimedAttempt = this.#directory.claimedAttempt(callSid);
    // That stream was on another node, or on this one before it started anew.
    if (loaded.kind !== 'done' && claimedAttempt < tokenAttempt) return null;
    const step = nextStep({
      tokenAttempt,
      claimedAttempt,
      isLive: this.#directory.isLive(callSid),
      dialStatus,
      end: this.#directory.lastEnd(callSid),
      record: loaded.kind === 'done' ? loaded.value : null,
    });
    const hadStream = claimedAttempt >= 0 || loaded.kind !== 'done' || loaded.value !== null;
    return { step, hadStream };
  }

  /** The call's record, as it is after the stream that is said to have ended. */
  async #load(callSid: string, tokenAttempt: number): Promise<Outcome<CallRecord | null>> {
    const isOurs = this.#directory.claimedAttempt(callSid) >= tokenAttempt;
    const deadlineMs = isOurs ? LOAD_DEADLINE_MS : UNKNOWN_LOAD_DEADLINE_MS;
    const load = () => withinDeadline(this.#clock, deadlineMs, this.#store.load(callSid));
    const first = await load();
    if (first.kind !== 'done' || first.value === null || this.#store.engine === 'sqlite') return first;
    const { attempt, endReason, outcome } = first.value;
    const isOpenElsewhere = attempt === tokenAttempt && endReason === null && outcome === null;
    if (!isOpenElsewhere || isOurs) return first;
    await new Promise<void>((resolve) => {
      this.#clock.setTimer(END_WRITTEN_MS, resolve);
    });
    const second = await load();
    return second.kind === 'done' ? second : first;
  }
}
