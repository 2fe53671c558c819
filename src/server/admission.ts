/**
 * Who may come in. A slot is a lease, derived and never counted up and down: the calls that are live, and those whose
 * webhook was answered less than 10 s ago and whose stream has not come. A lease that nobody uses ends by itself, so no
 * path through the program can lose one. I/O thread.
 */
import type { CallDirection } from '../channel/store-messages.ts';
import type { Clock } from '../clock.ts';

/** How long a slot is kept for a stream to come: Twilio opens it within a second or two of the webhook. */
export const STREAM_WAIT_MS = 10_000;

/** What a signed webhook said of a call, and its stream's `start` does not say or must say again. Empty where unknown. */
export interface Caller {
  readonly accountSid: string;
  /** E.164, or what a carrier writes in its place. */
  readonly from: string;
  readonly to: string;
  /** Absent: inbound. */
  readonly direction?: CallDirection;
}

const UNKNOWN_CALLER: Caller = { accountSid: '', from: '', to: '' };

interface Lease {
  readonly untilMs: number;
  readonly caller: Caller;
}

/** What a webhook said is kept this long, so that a late stream's `start` can be held against it: a token's life. */
const REMEMBER_MS = 60_000;
/** Ended leases remembered at once; the oldest are forgotten first. */
const REMEMBERED_MAX = 20_000;

export interface LiveCalls {
  readonly liveCount: number;
  /** A call that becomes live must release its lease. */
  isLive(callSid: string): boolean;
}

/** How many, as it is now. */
export interface CallsAtOnce {
  readonly calls: number;
}

export class Admission {
  readonly #limit: CallsAtOnce;
  readonly #clock: Clock;
  readonly #live: LiveCalls;
  /** Those that hold a slot, in order of their end, since each is put last when it is renewed. */
  readonly #leases = new Map<string, Lease>();
  /** Of these, calls that were live when they were renewed: as long as they are, they hold one slot, not two. */
  readonly #returning = new Set<string>();
  /** Those that ended unused, in order of their end. */
  readonly #ended = new Map<string, Lease>();

  constructor(options: { limit: CallsAtOnce; clock: Clock; live: LiveCalls }) {
    this.#limit = options.limit;
    this.#clock = options.clock;
    this.#live = options.live;
  }

  /** A new call asks for a slot. A call that has one keeps it, and its lease begins again. */
  request(callSid: string, caller: Caller): 'admitted' | 'full' {
    if (!this.hasRoomFor(callSid)) return 'full';
    this.renew(callSid, caller);
    return 'admitted';
  }

  /** Whether `request` would admit the call. */
  hasRoomFor(callSid: string): boolean {
    const inUse = this.inUse();
    return this.#leases.has(callSid) || this.#live.isLive(callSid) || inUse < this.#limit.calls;
  }

  /**
   * Keeps the slot of a call that was admitted before: its stream is about to come, first or again. Always granted, over
   * the limit too: a caller who was let in is not put out because others came meanwhile.
   */
  renew(callSid: string, caller = this.callerOf(callSid)): void {
    this.#endOld();
    this.release(callSid);
    this.#leases.set(callSid, { untilMs: this.#clock.nowMs() + STREAM_WAIT_MS, caller });
    if (this.#live.isLive(callSid)) this.#returning.add(callSid);
  }

  /** What the call's webhook said; empty strings if this process did not answer it, or long ago. */
  callerOf(callSid: string): Caller {
    this.#endOld();
    const lease = this.#leases.get(callSid) ?? this.#ended.get(callSid);
    return lease?.caller ?? UNKNOWN_CALLER;
  }

  /** The call has begun, or will not come: its lease ends. */
  release(callSid: string): void {
    this.#leases.delete(callSid);
    this.#returning.delete(callSid);
    this.#ended.delete(callSid);
  }

  /** Slots in use now. */
  inUse(): number {
    this.#endOld();
    let countedTwice = 0;
    for (const callSid of this.#returning) if (this.#live.isLive(callSid)) countedTwice += 1;
    return this.#live.liveCount + this.#leases.size - countedTwice;
  }

  /** Leases that hold a slot; for the census. */
  waitingCount(): number {
    return this.inUse() - this.#live.liveCount;
  }

  #endOld(): void {
    const nowMs = this.#clock.nowMs();
    for (const [callSid, lease] of this.#leases) {
      if (lease.untilMs > nowMs) break;
      this.release(callSid);
      this.#ended.set(callSid, lease);
    }
    for (const [callSid, lease] of this.#ended) {
      const forgetAtMs = lease.untilMs + REMEMBER_MS - STREAM_WAIT_MS;
      if (forgetAtMs > nowMs && this.#ended.size <= REMEMBERED_MAX) break;
      this.#ended.delete(callSid);
    }
  }
}
