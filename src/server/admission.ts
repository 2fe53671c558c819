/**
 * Who may come in. A slot is a lease, derived and never counted up and down: the calls that are live, and those whose
 * webhook was answered less than 10 s ago and whose stream has not come. A lease that nobody uses ends by itself, so no
 * path through the program can lose one. I/O thread.
 */
import type { Clock } from '../clock.ts';

/** How long a slot is kept for a stream to come: Twilio opens it within a second or two of the webhook. */
export const STREAM_WAIT_MS = 10_000;

/** What a signed webhook said of a call, and its stream's `start` does not say or must say again. Empty where unknown. */
export interface Caller {
  readonly accountSid: string;
  /** E.164. */
  readonly from: string;
  readonly to: string;
}

const UNKNOWN_CALLER: Caller = { accountSid: '', from: '', to: '' };

interface Lease {
  readonly untilMs: number;
  readonly caller: Caller;
}

/** A lease is remembered this long, so that a late stream's `start` can be held against its webhook: a token's life. */
const REMEMBER_MS = 60_000;
/** Leases remembered at once; the oldest are forgotten first. */
const REMEMBERED_MAX = 20_000;

export interface LiveCalls {
  readonly liveCount: number;
  isLive(callSid: string): boolean;
}

export class Admission {
  readonly #maxCalls: number;
  readonly #clock: Clock;
  readonly #live: LiveCalls;
  /** In order of their end, since each is put last when it is renewed. */
  readonly #leases = new Map<string, Lease>();

  constructor(options: { maxCalls: number; clock: Clock; live: LiveCalls }) {
    this.#maxCalls = options.maxCalls;
    this.#clock = options.clock;
    this.#live = options.live;
  }

  /** A new call asks for a slot. A call that has one keeps it, and its lease begins again. */
  request(callSid: string, caller: Caller): 'admitted' | 'full' {
    if (!this.#holdsSlot(callSid) && this.inUse() >= this.#maxCalls) return 'full';
    this.renew(callSid, caller);
    return 'admitted';
  }

  /**
   * Keeps the slot of a call that was admitted before: its stream is about to come, first or again. Always granted, over
   * the limit too: a caller who was let in is not put out because others came meanwhile.
   */
  renew(callSid: string, caller = this.callerOf(callSid)): void {
    this.#forgetOld();
    this.#leases.delete(callSid);
    this.#leases.set(callSid, { untilMs: this.#clock.nowMs() + STREAM_WAIT_MS, caller });
  }

  /** What the call's webhook said; empty strings if this process did not answer it, or long ago. */
  callerOf(callSid: string): Caller {
    return this.#leases.get(callSid)?.caller ?? UNKNOWN_CALLER;
  }

  /** The call has begun, or will not come: its lease ends. */
  release(callSid: string): void {
    this.#leases.delete(callSid);
  }

  /** Slots in use now. */
  inUse(): number {
    const nowMs = this.#clock.nowMs();
    let waiting = 0;
    for (const [callSid, lease] of this.#leases)
      if (lease.untilMs > nowMs && !this.#live.isLive(callSid)) waiting += 1;
    return this.#live.liveCount + waiting;
  }

  /** Leases that hold a slot; for the census. */
  waitingCount(): number {
    return this.inUse() - this.#live.liveCount;
  }

  /** Leases remembered, those without a slot included; for the census. */
  rememberedCount(): number {
    this.#forgetOld();
    return this.#leases.size;
  }

  #holdsSlot(callSid: string): boolean {
    const lease = this.#leases.get(callSid);
    return this.#live.isLive(callSid) || (lease !== undefined && lease.untilMs > this.#clock.nowMs());
  }

  #forgetOld(): void {
    const forgetBeforeMs = this.#clock.nowMs() - (REMEMBER_MS - STREAM_WAIT_MS);
    for (const [callSid, lease] of this.#leases) {
      if (lease.untilMs > forgetBeforeMs && this.#leases.size <= REMEMBERED_MAX) break;
      this.#leases.delete(callSid);
    }
  }
}
