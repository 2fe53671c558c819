/**
 * What the store thread does: takes the requests of every client, writes all that arrived in a tick in one transaction
 * (one flush to disk, however many calls), and answers after the commit. A write that cannot be done now is kept and
 * tried again, in order; the queue is bounded. The entry that gives it a file and ports is store-worker.ts.
 */
import type {
  StoreAnswer,
  StoreRead,
  StoreRequest,
  StoreThreadHealth,
  StoreWrite,
} from '../channel/store-messages.ts';
import type { Clock, Timer } from '../clock.ts';
import { CapacityError, InvalidStateError, toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ThreadMeter } from '../meter/thread-meter.ts';
import { COMMIT_WAIT_MAX_MS } from './call-store.ts';
import type { Dials } from './dials.ts';
import { MovedCalls } from './moved-calls.ts';
import type { SqlStore } from './sql-store.ts';
import { beginsFirst, byCall } from './write-order.ts';

/** In one transaction; a thousand small rows are some 20 ms. */
const BATCH_WRITES_MAX = 1000;
/** About 1 KB each. Clients send at most 256 ahead of their answers, so this takes many of them, all stuck. */
const WAITING_WRITES_MAX = 50_000;
const WAITING_READS_MAX = 1000;
/** Each lock is waited for, 3 s: with more of them it is a table that is locked, or the whole store. */
const LOCKED_CALLS_MAX = 2;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2000;
const ABANDON_EVERY_MS = 30_000;

export interface StoreThreadParts {
  readonly store: Pick<
    SqlStore,
    | 'write'
    | 'load'
    | 'list'
    | 'turnsOf'
    | 'flowText'
    | 'liveCalls'
    | 'nodes'
    | 'tally'
    | 'abandon'
    | 'isTransient'
    | 'isRowLocked'
  >;
  /** Absent: nobody asks after outbound calls. */
  readonly dials?: Pick<Dials, 'load' | 'ofCall' | 'isDoNotCall'>;
  /** Told of what was just committed: there may be results to send, a call to hang up. */
  readonly onWritten?: (writes: readonly StoreWrite[]) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: ThreadMeter;
}

interface Waiting<Ask> {
  readonly ask: Ask;
  readonly answer: (value: unknown) => void;
  readonly refuse: (error: unknown) => void;
  /** When it was asked, monotonic. */
  readonly askedAtMs: number;
}

export class StoreThread {
  readonly #parts: StoreThreadParts;
  readonly #movedCalls = new MovedCalls();
  #writes: Waiting<StoreWrite>[] = [];
  #reads: Waiting<StoreRead>[] = [];
  #readsRunning = 0;
  /** In the transaction that is on its way. */
  #running: readonly Waiting<StoreWrite>[] = [];
  #refusedWrites = 0;
  #isScheduled = false;
  #isFlushing = false;
  /** Failures in a row after which the same write may succeed. */
  #failures = 0;
  #retryTimer: Timer | null = null;
  #onIdle: (() => void)[] = [];
  /** Set when it is time: marks the calls of dead processes. */
  #abandonDue: (() => Promise<void>) | null = null;

  constructor(parts: StoreThreadParts) {
    this.#parts = parts;
  }

  /** A client; its requests go into the function that comes back. Each gets one answer through `post`. */
  addClient(post: (answer: StoreAnswer) => void): (request: StoreRequest) => void {
    return ({ id, ask }) => {
      const answer = (value: unknown): void => post({ id, ok: true, value });
      const refuse = (error: unknown): void => {
        if (!isRead(ask)) this.#refusedWrites += 1;
        post({ id, ok: false, error: toErrorRecord(error) });
      };
      const askedAtMs = this.#parts.clock.nowMs();
      const room = isRead(ask)
        ? WAITING_READS_MAX - this.#reads.length - this.#readsRunning
        : WAITING_WRITES_MAX - this.#writes.length;
      if (room <= 0) {
        refuse(new CapacityError('Expected room in the store thread, received one request too many'));
        return;
      }
      if (isRead(ask)) this.#reads.push({ ask, answer, refuse, askedAtMs });
      else if (ask.kind === 'commit' && !this.#movedCalls.admit(ask)) answer(null);
      else this.#writes.push({ ask, answer, refuse, askedAtMs });
      this.#flushLater();
    };
  }

  /**
   * Marks calls without an end that no process can bring back, `callLifeMs` after their begin: now, and every 30 s for as
   * long as the thread lives. Resolves with how many it found now. Rejects with the engine's error; later ones are logged.
   */
  async abandonLostCalls(callLifeMs: number): Promise<number> {
    const { store, clock, log } = this.#parts;
    const abandon = (): Promise<number> => store.abandon(clock.wallMs() - callLifeMs, clock.wallMs());
    const abandonLater = (): void => {
      clock.setTimer(ABANDON_EVERY_MS, () => {
        this.#abandonDue = async () => {
          try {
            const calls = await abandon();
            if (calls > 0)
              log.warn({ event: 'calls.abandoned', calls }, 'calls of a dead process were marked as lost');
          } catch (err) {
            log.warn(
              { event: 'calls.not-abandoned', err: toErrorRecord(err) },
              'lost calls are marked at the next try',
            );
          }
        };
        this.#flushLater();
        abandonLater();
      });
    };
    const calls = await abandon();
    abandonLater();
    return calls;
  }

  /** How it is now, over all clients. */
  get health(): StoreThreadHealth {
    const lateBeforeMs = this.#parts.clock.nowMs() - COMMIT_WAIT_MAX_MS;
    const isLate = ({ askedAtMs }: { readonly askedAtMs: number }): boolean => askedAtMs < lateBeforeMs;
    return {
      lateWrites: this.#running.filter(isLate).length + this.#writes.filter(isLate).length,
      refusedWrites: this.#refusedWrites,
    };
  }

  /** Resolves when nothing waits, or after `deadlineMs`: how many writes are lost. */
  drain(deadlineMs: number): Promise<number> {
    if (this.#isIdle()) return Promise.resolve(0);
    return new Promise((resolve) => {
      const timer = this.#parts.clock.setTimer(deadlineMs, () =>
        resolve(this.#writes.length + this.#running.length),
      );
      this.#onIdle.push(() => {
        this.#parts.clock.clearTimer(timer);
        resolve(0);
      });
    });
  }

  #isIdle(): boolean {
    return (
      this.#writes.length === 0 && this.#reads.length === 0 && this.#readsRunning === 0 && !this.#isFlushing
    );
  }

  /** `setImmediate` comes after every port's messages of this turn of the loop: they share one transaction. */
  #flushLater(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      void this.#flush();
      this.#readAll();
    });
  }

  /** Never rejects. */
  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // While a failed write waits for its next try, only reads are done: the order of writes is kept.
    while (this.#retryTimer === null && this.#writes.length > 0) {
      const batch = this.#takeBatch();
      this.#running = batch;
      const left = await this.#write(batch);
      this.#running = [];
      if (left.length > 0) {
        this.#writes = [...left, ...this.#writes];
        this.#retryLater();
      }
    }
    const abandon = this.#abandonDue;
    this.#abandonDue = null;
    await abandon?.();
    this.#isFlushing = false;
    if (this.#isIdle()) this.#tellIdle();
    else if (this.#writes.length > 0 && this.#retryTimer === null) this.#flushLater();
  }

  #tellIdle(): void {
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /**
   * Reads never wait for writes: a server that does not answer those may answer these, and what was confirmed as durable
   * is there to be read. An engine that does one thing at a time has been given the writes first.
   */
  #readAll(): void {
    for (const read of this.#reads.splice(0)) {
      this.#readsRunning += 1;
      void this.#read(read).then(() => {
        this.#readsRunning -= 1;
        if (this.#isIdle()) this.#tellIdle();
      });
    }
  }

  #takeBatch(): readonly Waiting<StoreWrite>[] {
    return beginsFirst(this.#writes.splice(0, BATCH_WRITES_MAX));
  }

  /** Answers what it can. What is left must be tried again, in this order. `isSplit`: of one call, or the only one. */
  async #write(
    batch: readonly Waiting<StoreWrite>[],
    isSplit = false,
  ): Promise<readonly Waiting<StoreWrite>[]> {
    const { clock, meter, store } = this.#parts;
    const beganAtMs = clock.nowMs();
    try {
      const results = await store.write(batch.map(({ ask }) => ask));
      meter?.of('transaction').observeMs(clock.nowMs() - beganAtMs);
      if (this.#failures > 0) this.#parts.log.info({ event: 'store.recovered' }, 'the store writes again');
      this.#failures = 0;
      for (const [index, { answer }] of batch.entries()) answer(results[index] ?? null);
      this.#parts.onWritten?.(batch.map(({ ask }) => ask));
      return [];
    } catch (error) {
      meter?.add('transactionsFailed');
      if (store.isTransient(error)) {
        if (this.#failures === 0) this.#logOutage(error);
        this.#failures += 1;
        return store.isRowLocked(error) && !isSplit ? this.#writeAround(batch) : batch;
      }
      if (batch.length === 1) {
        this.#logRefusal(error);
        batch[0]?.refuse(error);
        return [];
      }
    }
    // One bad write must not take the others with it.
    for (const [index, one] of batch.entries()) {
      if ((await this.#write([one], true)).length > 0) return batch.slice(index);
    }
    return [];
  }

  /**
   * Somebody else holds a row of some call, for as long as they like: the other calls need not wait for it. Those that were
   * not tried come first the next time.
   */
  async #writeAround(batch: readonly Waiting<StoreWrite>[]): Promise<readonly Waiting<StoreWrite>[]> {
    const locked: Waiting<StoreWrite>[] = [];
    const untried: Waiting<StoreWrite>[] = [];
    let lockedCalls = 0;
    for (const writes of byCall(batch)) {
      if (lockedCalls >= LOCKED_CALLS_MAX) {
        untried.push(...writes);
        continue;
      }
      const left = await this.#write(writes, true);
      if (left.length > 0) lockedCalls += 1;
      locked.push(...left);
    }
    return [...untried, ...locked];
  }

  /** Of an engine's errors, code and message alone are logged: PostgreSQL gives the row that it refused, number and answers. */
  #logRefusal(error: unknown): void {
    this.#parts.log.error(
      { event: 'store.refused', err: toErrorRecord(error) },
      'a record could not be written',
    );
  }

  #logOutage(error: unknown): void {
    this.#parts.log.error(
      { event: 'store.failed', err: toErrorRecord(error) },
      'the store cannot write; calls go on and their records wait',
    );
  }

  #retryLater(): void {
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.max(0, this.#failures - 1));
    this.#retryTimer = this.#parts.clock.setTimer(delayMs, () => {
      this.#retryTimer = null;
      this.#flushLater();
    });
  }

  async #read({ ask, answer, refuse }: Waiting<StoreRead>): Promise<void> {
    try {
      answer(await this.#valueOf(ask));
    } catch (error) {
      refuse(error);
    }
  }

  get #dials(): Pick<Dials, 'load' | 'ofCall' | 'isDoNotCall'> {
    const { dials } = this.#parts;
    if (dials === undefined) throw new InvalidStateError('Expected outbound calls in this store');
    return dials;
  }

  async #valueOf(ask: StoreRead): Promise<unknown> {
    const { store } = this.#parts;
    switch (ask.kind) {
      case 'load':
        return store.load(ask.callSid);
      case 'list':
        return store.list(ask.limit, ask.filter);
      case 'turns':
        return store.turnsOf(ask.callSid);
      case 'flow.text':
        return store.flowText(ask.hash);
      case 'live':
        return store.liveCalls(ask.limit);
      case 'nodes':
        return store.nodes();
      case 'dial.load':
        return this.#dials.load(ask.dialId);
      case 'dial.of':
        return this.#dials.ofCall(ask.callSid);
      case 'do-not-call':
        return this.#dials.isDoNotCall(ask.number);
      case 'tally':
        return store.tally(ask.span);
    }
  }
}

function isRead(ask: StoreRequest['ask']): ask is StoreRead {
  switch (ask.kind) {
    case 'begin':
    case 'commit':
    case 'finish':
    case 'flow':
    case 'hang-up':
    case 'machine':
    case 'transfer.ended':
    case 'dial':
    case 'dial.news':
      return false;
    default:
      return true;
  }
}
