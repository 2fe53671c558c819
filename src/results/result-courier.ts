/**
 * Takes results out of the outbox to their receiver, one at a time and in order of finish. While the receiver is away the
 * whole line waits, with growing pauses, for a day. Where it answers but takes the first in line again and again not, the
 * next is tried: is that one taken, the first stands aside and is tried on its own time, so that nobody waits behind it.
 * One node at a time does this, by a lease. Store thread, between transactions of calls.
 *
 *     idle --something is due--> lease? --no--> idle, a while
 *                                  | yes
 *              first in line --> delivered --> the next
 *                  |
 *                  `--> unreachable, refused --> pause --> first in line
 */
import type { Clock, Timer } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Outbox, WaitingResult } from '../store/outbox.ts';
import { resultBody } from './result-body.ts';
import { POST_DEADLINE_MS, type PostOutcome, type ResultDelivery } from './result-post.ts';

export interface ResultCourierParts {
  readonly outbox: Pick<
    Outbox,
    | 'holdLease'
    | 'releaseLease'
    | 'line'
    | 'aside'
    | 'nextDueAtWallMs'
    | 'delivered'
    | 'failed'
    | 'setAside'
    | 'giveUp'
  >;
  /** One try; never rejects. */
  readonly post: (delivery: ResultDelivery) => Promise<PostOutcome>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a result is tried, from its finish on. */
const GIVE_UP_AFTER_MS = 86_400_000;
/** A node that dies holds the others up for so long. */
const LEASE_MS = 6 * POST_DEADLINE_MS;
/** Four tries at most go by before the lease is looked at again. */
const LEASE_LEFT_MIN_MS = 4 * POST_DEADLINE_MS + 5000;
/** Another node may finish calls, and the store may fail: a look at the outbox costs one small query. */
const LOOK_EVERY_MS = 5000;
const PAUSE_MIN_MS = 1000;
const PAUSE_MAX_MS = 300_000;
/** So often a receiver that answers may refuse the first in line before the next is tried. */
const TRIES_IN_LINE = 3;

export class ResultCourier {
  readonly #parts: ResultCourierParts;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  /** Failures of the line in a row. */
  #failures = 0;
  #lineTryAtMs = 0;
  #leaseUntilMs = 0;

  constructor(parts: ResultCourierParts) {
    this.#parts = parts;
  }

  /** Looks at the outbox now, and from then on whenever something is due. */
  begin(): void {
    this.#wakeIn(0);
  }

  /** A call has ended: its result may be due sooner than what was waited for. */
  finished(delayMs: number): void {
    const atMs = this.#parts.clock.nowMs() + delayMs;
    // While the line waits, so does this.
    if (this.#lineTryAtMs > atMs) return;
    if (this.#timer === null || this.#timer.dueAtMs > atMs) this.#wakeIn(delayMs);
  }

  /** Waits for the try that is on its way, 10 s at most; whoever closes sets a shorter deadline. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) this.#parts.clock.clearTimer(this.#timer);
    this.#timer = null;
    await this.#running;
    await this.#parts.outbox.releaseLease().catch(() => {});
  }

  #wakeIn(delayMs: number): void {
    const { clock } = this.#parts;
    if (this.#isClosed) return;
    if (this.#timer !== null) clock.clearTimer(this.#timer);
    this.#timer = clock.setTimer(delayMs, () => {
      this.#timer = null;
      // Whoever runs already looks again when it is done.
      this.#running ??= this.#run().finally(() => {
        this.#running = null;
      });
    });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { clock, log, outbox } = this.#parts;
    let nextDueAtWallMs: number | null = null;
    try {
      if (await this.#holdsLease()) {
        await this.#tryAside();
        while (!this.#isClosed && (await this.#holdsLease()) && (await this.#deliverNext()));
        // Last: what waited for a day since no node ran is tried first.
        await this.#giveUpOld();
      }
      nextDueAtWallMs = await outbox.nextDueAtWallMs(clock.wallMs());
    } catch (thrown) {
      log.warn(
        { event: 'results.waiting', err: toErrorRecord(thrown) },
        'results wait: the store does not answer',
      );
    }
    const pauseMs = this.#lineTryAtMs - clock.nowMs();
    const dueInMs = nextDueAtWallMs === null ? LOOK_EVERY_MS : nextDueAtWallMs - clock.wallMs();
    this.#wakeIn(Math.max(0, Math.min(LOOK_EVERY_MS, dueInMs, pauseMs > 0 ? pauseMs : LOOK_EVERY_MS)));
  }

  async #holdsLease(): Promise<boolean> {
    const { clock, outbox } = this.#parts;
    if (this.#leaseUntilMs - clock.nowMs() > LEASE_LEFT_MIN_MS) return true;
    const untilMs = clock.nowMs() + LEASE_MS;
    const holds = await outbox.holdLease(clock.wallMs(), LEASE_MS);
    this.#leaseUntilMs = holds ? untilMs : 0;
    return holds;
  }

  async #giveUpOld(): Promise<void> {
    const { clock, log, outbox } = this.#parts;
    const nowWallMs = clock.wallMs();
    const results = await outbox.giveUp(nowWallMs - GIVE_UP_AFTER_MS, nowWallMs);
    if (results > 0)
      log.error(
        { event: 'results.given-up', results },
        'results were not taken for a day; they stay in the store',
      );
  }

  async #tryAside(): Promise<void> {
    const { clock, outbox } = this.#parts;
    const [result] = await outbox.aside(clock.wallMs(), 1);
    if (result !== undefined && (await this.#try(result)).kind !== 'delivered') await this.#setAside(result);
  }

  /** True: something was delivered, and there may be more. */
  async #deliverNext(): Promise<boolean> {
    const { clock, outbox } = this.#parts;
    if (this.#lineTryAtMs > clock.nowMs()) return false;
    const [first, second] = await outbox.line(clock.wallMs(), 2);
    if (first === undefined) return false;
    const outcome = await this.#try(first);
    if (outcome.kind === 'delivered') return true;
    if (outcome.kind === 'refused' && first.tries + 1 >= TRIES_IN_LINE && second !== undefined) {
      if ((await this.#try(second)).kind === 'delivered') {
        // It may have come back between the two.
        if ((await this.#try(first)).kind !== 'delivered') await this.#setAside(first);
        return true;
      }
    }
    this.#pauseLine(outcome);
    return false;
  }

  /** Tries it and keeps what came of it. */
  async #try({ call }: WaitingResult): Promise<PostOutcome> {
    const { clock, log, outbox, post } = this.#parts;
    const { callSid } = call;
    const outcome = await post({ callSid, body: resultBody(call) });
    if (outcome.kind === 'delivered') {
      await outbox.delivered(callSid, clock.wallMs());
      if (this.#failures > 0) log.info({ event: 'results.recovered' }, 'results are delivered again');
      this.#failures = 0;
      this.#lineTryAtMs = 0;
    } else {
      await outbox.failed(callSid, outcome.failure);
    }
    return outcome;
  }

  async #setAside({ call, tries }: WaitingResult): Promise<void> {
    const { clock, log, outbox } = this.#parts;
    log.warn(
      { event: 'results.set-aside', callSid: call.callSid, attempt: tries + 1 },
      'the receiver takes other results but not this one; it is tried again later',
    );
    await outbox.setAside(call.callSid, clock.wallMs() + pauseAfter(tries + 1));
  }

  #pauseLine(outcome: Exclude<PostOutcome, { kind: 'delivered' }>): void {
    const { clock, log } = this.#parts;
    this.#failures += 1;
    if (this.#failures === 1)
      log.warn(
        { event: 'results.waiting', reason: outcome.failure },
        'results wait: their receiver does not take them',
      );
    const askedMs = outcome.kind === 'refused' ? (outcome.retryAfterMs ?? 0) : 0;
    this.#lineTryAtMs = clock.nowMs() + Math.max(askedMs, pauseAfter(this.#failures));
  }
}

function pauseAfter(failures: number): number {
  return Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** (failures - 1));
}
