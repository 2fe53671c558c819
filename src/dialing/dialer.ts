/**
 * Places the outbound calls that wait, as many at once as can be served and as fast as the account may, and asks after those of which
 * nothing is heard. Nobody is called twice: before the carrier is asked, the dial is taken for good, and given back only where it is
 * certain that nobody was rung. What is not certain is looked for at the carrier. One node at a time does this, by a lease. Store
 * thread.
 *
 *     waiting --claim--> placing --placed--> queued ... (by the carrier's callbacks) ... completed, busy, no-answer, failed
 *        ^  `-not to be called-> refused
 *        |                 |`--refused-----> failed
 *        `----later--------'`--unknown-----> looked for: found, as placed | not there: failed, and never tried again
 */
import { type Dial, isFinal, isMachine } from '../channel/dial-messages.ts';
import type { StoreWrite } from '../channel/store-messages.ts';
import type { Clock, Timer } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Dials } from '../store/dials.ts';
import type { Lease } from '../store/lease.ts';
import type { CarrierCall, CarrierCalls } from './carrier-calls.ts';

export interface DialerParts {
  readonly dials: Pick<
    Dials,
    'expire' | 'waiting' | 'unheard' | 'ringingCount' | 'claim' | 'giveBack' | 'settle' | 'touch' | 'knownOf'
  >;
  readonly lease: Pick<Lease, 'hold' | 'release'>;
  readonly carrier: CarrierCalls;
  /** Keeps what the carrier says. Rejects with the engine's error. */
  readonly write: (write: StoreWrite) => Promise<unknown>;
  /** The carrier says that a machine has taken this call. */
  readonly onMachine: (callSid: string) => void;
  readonly rateHz: number;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_EVERY_MS = 500;
/** Every other node looks twice meanwhile. */
const STAND_BACK_MS = 2 * LOOK_EVERY_MS;
/** A node that dies holds the others up for so long. */
const LEASE_MS = 15_000;
/** One request, and what is written of it. */
const LEASE_LEFT_MIN_MS = 8000;
/** A dial whose answer never came is looked for when any request for it must have ended. */
export const UNKNOWN_AFTER_MS = 15_000;
/** The carrier shows a new call within a second or two; after this it has none. */
export const LOST_AFTER_MS = 60_000;
/** Callbacks may be lost: after this long the carrier is asked. */
export const SILENT_AFTER_MS = 60_000;
const ASK_AFTER_EVERY_MS = 5000;
const ASKED_AFTER_MAX = 20;
const ASKED_AFTER_NEW_MAX = 500;
const LATER_MS = 5000;
/** Their clock and ours. */
const CLOCKS_APART_MS = 5000;

export class Dialer {
  readonly #parts: DialerParts;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #room = 0;
  #leaseUntilMs = 0;
  #standsBackUntilMs = 0;
  #nextPlaceAtMs = 0;
  #nextAskAtMs = 0;
  /** Who placed calls before may have died, and what the carrier told it then was told to nobody. */
  #isNew = true;

  constructor(parts: DialerParts) {
    this.#parts = parts;
  }

  begin(): void {
    this.#wakeIn(0);
  }

  /** So many more calls can be served. */
  hasRoom(calls: number): void {
    this.#room = calls;
  }

  /** Something may wait. */
  asked(): void {
    if (this.#running === null) this.#wakeIn(0);
  }

  /** Waits for the request that is on its way, 5 s at most; whoever closes sets a shorter deadline. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) this.#parts.clock.clearTimer(this.#timer);
    this.#timer = null;
    await this.#running;
    await this.#parts.lease.release().catch(() => {});
  }

  #wakeIn(delayMs: number): void {
    const { clock } = this.#parts;
    if (this.#isClosed) return;
    if (this.#timer !== null) clock.clearTimer(this.#timer);
    this.#timer = clock.setTimer(delayMs, () => {
      this.#timer = null;
      this.#running ??= this.#run().finally(() => {
        this.#running = null;
        this.#wakeIn(LOOK_EVERY_MS);
      });
    });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    if (this.#parts.clock.nowMs() < this.#standsBackUntilMs) return;
    try {
      if (!(await this.#holdsLease())) return;
      await this.#askAfter();
      await this.#place();
    } catch (thrown) {
      const err = toErrorRecord(thrown);
      this.#parts.log.warn({ event: 'dials.waiting', err }, 'outbound calls wait: the store does not answer');
    }
  }

  async #holdsLease(): Promise<boolean> {
    const { clock, lease } = this.#parts;
    if (this.#leaseUntilMs - clock.nowMs() > LEASE_LEFT_MIN_MS) return true;
    const untilMs = clock.nowMs() + LEASE_MS;
    const holds = await lease.hold(clock.wallMs(), LEASE_MS);
    this.#isNew ||= !holds;
    this.#leaseUntilMs = holds ? untilMs : 0;
    return holds;
  }

  async #place(): Promise<void> {
    const { clock, dials, log, rateHz } = this.#parts;
    const expired = await dials.expire(clock.wallMs());
    if (expired > 0)
      log.warn({ event: 'dial.expired', calls: expired }, 'nobody was called: it was too late');
    const now = clock.nowMs();
    if (this.#nextPlaceAtMs > now) return;
    const free = this.#room - (await dials.ringingCount());
    // As many as were due since the last look, of a second's at most.
    const due = Math.min(rateHz, Math.max(1, Math.floor((LOOK_EVERY_MS / 1000) * rateHz)));
    const waiting = await dials.waiting(clock.wallMs(), due);
    if (waiting.length > 0 && this.#room <= 0) {
      await this.#letOthers();
      return;
    }
    for (const dial of waiting.slice(0, Math.max(0, free))) {
      if (dial.untilWallMs < clock.wallMs()) continue;
      if (this.#isClosed || !(await this.#holdsLease())) return;
      this.#nextPlaceAtMs = Math.max(this.#nextPlaceAtMs, now) + 1000 / rateHz;
      await this.#placeOne(dial);
    }
  }

  /** Full, or draining: another node may have room. If none takes the lease meanwhile, it is ours as before. */
  async #letOthers(): Promise<void> {
    this.#leaseUntilMs = 0;
    this.#standsBackUntilMs = this.#parts.clock.nowMs() + STAND_BACK_MS;
    await this.#parts.lease.release();
  }

  async #placeOne(dial: Dial): Promise<void> {
    const { carrier, clock, dials, log } = this.#parts;
    const { dialId } = dial;
    if (!(await dials.claim(dialId, clock.wallMs()))) {
      await this.#settle(dial, 'waiting', 'refused', 'the number is on the do-not-call list');
      return;
    }
    const placed = await carrier.place(dial);
    switch (placed.kind) {
      case 'placed':
        log.info(
          { event: 'dial.placed', dialId, callSid: placed.call.callSid },
          'an outbound call was placed',
        );
        await this.#heard(dial, placed.call);
        return;
      case 'later':
        log.warn({ event: 'dial.later', dialId, reason: placed.reason }, 'an outbound call waits');
        await dials.giveBack(dialId, clock.wallMs() + LATER_MS, placed.reason);
        return;
      case 'refused':
        await this.#settle(dial, 'placing', 'failed', placed.reason);
        return;
      case 'unknown':
        log.warn(
          { event: 'dial.unknown', dialId, reason: placed.reason },
          'it is not known whether an outbound call was placed; it is looked for',
        );
    }
  }

  async #askAfter(): Promise<void> {
    const { clock, dials } = this.#parts;
    if (this.#nextAskAtMs > clock.nowMs()) return;
    this.#nextAskAtMs = clock.nowMs() + ASK_AFTER_EVERY_MS;
    const silentMs = this.#isNew ? 0 : SILENT_AFTER_MS;
    const limit = this.#isNew ? ASKED_AFTER_NEW_MAX : ASKED_AFTER_MAX;
    const isSilent = ({ callSid, updatedAtWallMs }: Dial): boolean =>
      updatedAtWallMs < clock.wallMs() - (callSid === null ? UNKNOWN_AFTER_MS : silentMs);
    const open = await dials.unheard(clock.wallMs() - Math.min(silentMs, UNKNOWN_AFTER_MS), limit);
    this.#isNew = false;
    for (const dial of open.filter(isSilent)) {
      if (this.#isClosed) return;
      if (dial.callSid === null) await this.#lookFor(dial);
      else await this.#lookAt(dial, dial.callSid);
    }
  }

  /** Of what was placed, or not: its answer never came. */
  async #lookFor(dial: Dial): Promise<void> {
    const { carrier, clock, dials } = this.#parts;
    const found = await carrier.find(dial);
    if (found === null) return;
    const sinceWallMs = dial.updatedAtWallMs - CLOCKS_APART_MS;
    const since = found.filter(({ createdAtWallMs }) => createdAtWallMs >= sinceWallMs);
    const known = await dials.knownOf(since.map(({ callSid }) => callSid));
    const call = since.filter(({ callSid }) => !known.has(callSid)).at(-1);
    if (call !== undefined) await this.#heard(dial, call);
    else if (clock.wallMs() - dial.updatedAtWallMs > LOST_AFTER_MS)
      await this.#settle(dial, 'placing', 'failed', 'the carrier has no such call; it is not placed again');
  }

  async #lookAt(dial: Dial, callSid: string): Promise<void> {
    const { carrier, clock, dials } = this.#parts;
    const call = await carrier.look(callSid);
    if (call === 'none')
      await this.#settle(dial, dial.status, 'failed', 'the carrier has no such call any more');
    else if (call !== null) await this.#heard(dial, call);
    await dials.touch(dial.dialId, clock.wallMs());
  }

  async #heard(dial: Dial, { answeredBy, callSid, status }: CarrierCall): Promise<void> {
    const { clock, onMachine, write } = this.#parts;
    const { dialId } = dial;
    const news = { dialId, callSid, status, answeredBy, atWallMs: clock.wallMs() };
    await write({ kind: 'dial.news', news });
    if (dial.answeredBy === null && isMachine(answeredBy) && !isFinal(status)) onMachine(callSid);
  }

  async #settle(
    dial: Dial,
    from: Dial['status'],
    status: 'failed' | 'refused',
    failure: string,
  ): Promise<void> {
    const { dials, log } = this.#parts;
    if (isFinal(from) || !(await dials.settle(dial.dialId, from, status, failure))) return;
    log.warn({ event: 'dial.ended', dialId: dial.dialId, status, reason: failure }, 'nobody was called');
  }
}
