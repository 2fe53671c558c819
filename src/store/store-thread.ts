/**
 * What the store thread does: takes the requests of every client, writes all that arrived in a tick in one transaction
 * (one flush to disk, however many calls), and answers after the commit. A write that cannot be done now is kept and
 * tried again, in order; the queue is bounded. The entry that gives it a file and ports is store-worker.ts.
 */
import type { StoreAnswer, StoreRead, StoreRequest, StoreWrite } from '../channel/store-messages.ts';
import type { Clock, Timer } from '../clock.ts';
import { CapacityError, toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import { MovedCalls } from './moved-calls.ts';
import type { SqliteStore } from './sqlite-store.ts';

/** In one transaction; a thousand small rows are some 20 ms. */
const BATCH_WRITES_MAX = 1000;
/** About 1 KB each. Clients send at most 256 ahead of their answers, so this takes many of them, all stuck. */
const WAITING_WRITES_MAX = 50_000;
const WAITING_READS_MAX = 1000;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2000;
const ABANDON_EVERY_MS = 30_000;

export interface StoreThreadParts {
  readonly store: Pick<SqliteStore, 'write' | 'load' | 'list' | 'abandon'>;
  /** Whether the same write may succeed later. */
  readonly isTransient: (error: unknown) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

interface Waiting<Ask> {
  readonly ask: Ask;
  readonly answer: (value: unknown) => void;
  readonly refuse: (error: unknown) => void;
}

export class StoreThread {
  readonly #parts: StoreThreadParts;
  readonly #movedCalls = new MovedCalls();
  #writes: Waiting<StoreWrite>[] = [];
  #reads: Waiting<StoreRead>[] = [];
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
      const refuse = (error: unknown): void => post({ id, ok: false, error: toErrorRecord(error) });
      const isRead = ask.kind === 'load' || ask.kind === 'list';
      const room = isRead ? WAITING_READS_MAX - this.#reads.length : WAITING_WRITES_MAX - this.#writes.length;
      if (room <= 0) {
        refuse(new CapacityError('Expected room in the store thread, received one request too many'));
        return;
      }
      if (isRead) this.#reads.push({ ask, answer, refuse });
      else if (ask.kind === 'commit' && !this.#movedCalls.admit(ask)) answer(null);
      else this.#writes.push({ ask, answer, refuse });
      this.#flushLater();
    };
  }

  /**
   * Marks calls without an end that no process can bring back, `callLifeMs` after their begin: now, and every 30 s for as
   * long as the thread lives. Resolves with how many it found now. Rejects with the engine's error; later ones are logged.
   */
  async abandonLostCalls(callLifeMs: number): Promise<number> {
    const { store, clock, log } = this.#parts;
    const abandon = (): Promise<number> => store.abandon(clock.wallMs() - callLifeMs);
    const abandonLater = (): void => {
      clock.setTimer(ABANDON_EVERY_MS, () => {
        this.#abandonDue = async () => {
          try {
            const calls = await abandon();
            if (calls > 0)
              log.warn({ event: 'calls.abandoned', calls }, 'calls of a dead process were marked as lost');
          } catch (err) {
            log.warn({ event: 'calls.not-abandoned', err }, 'lost calls are marked at the next try');
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

  /** Resolves when nothing waits, or after `deadlineMs`: how many writes are lost. */
  drain(deadlineMs: number): Promise<number> {
    if (this.#isIdle()) return Promise.resolve(0);
    return new Promise((resolve) => {
      const timer = this.#parts.clock.setTimer(deadlineMs, () => resolve(this.#writes.length));
      this.#onIdle.push(() => {
        this.#parts.clock.clearTimer(timer);
        resolve(0);
      });
    });
  }

  #isIdle(): boolean {
    return this.#writes.length === 0 && this.#reads.length === 0 && !this.#isFlushing;
  }

  /** `setImmediate` comes after every port's messages of this turn of the loop: they share one transaction. */
  #flushLater(): void {
    if (this.#isScheduled || this.#isFlushing) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      void this.#flush();
    });
  }

  /** Never rejects. */
  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // While a failed write waits for its next try, only reads are done: the order of writes is kept.
    while (this.#retryTimer === null && this.#writes.length > 0) {
      const left = await this.#write(this.#takeBatch());
      if (left.length > 0) {
        this.#writes = [...left, ...this.#writes];
        this.#retryLater();
      }
    }
    const abandon = this.#abandonDue;
    this.#abandonDue = null;
    await abandon?.();
    for (const read of this.#reads.splice(0)) await this.#read(read);
    this.#isFlushing = false;
    if (this.#isIdle()) for (const resolve of this.#onIdle.splice(0)) resolve();
    else if (this.#reads.length > 0 || this.#retryTimer === null) this.#flushLater();
  }

  /** A call's begin comes from another thread than its commits: whichever port was read first, the begin goes first. */
  #takeBatch(): Waiting<StoreWrite>[] {
    const batch = this.#writes.splice(0, BATCH_WRITES_MAX);
    const begins = batch.filter(({ ask }) => ask.kind === 'begin');
    return begins.length === 0 ? batch : [...begins, ...batch.filter(({ ask }) => ask.kind !== 'begin')];
  }

  /** Answers what it can. What is left must be tried again, in this order. */
  async #write(batch: readonly Waiting<StoreWrite>[]): Promise<readonly Waiting<StoreWrite>[]> {
    try {
      const results = await this.#parts.store.write(batch.map(({ ask }) => ask));
      if (this.#failures > 0) this.#parts.log.info({ event: 'store.recovered' }, 'the store writes again');
      this.#failures = 0;
      for (const [index, { answer }] of batch.entries()) answer(results[index] ?? null);
      return [];
    } catch (error) {
      if (this.#parts.isTransient(error)) {
        if (this.#failures === 0) this.#logOutage(error);
        this.#failures += 1;
        return batch;
      }
      if (batch.length === 1) {
        this.#parts.log.error({ event: 'store.refused', err: error }, 'a record could not be written');
        batch[0]?.refuse(error);
        return [];
      }
    }
    // One bad write must not take the others with it.
    for (const [index, one] of batch.entries()) {
      if ((await this.#write([one])).length > 0) return batch.slice(index);
    }
    return [];
  }

  #logOutage(err: unknown): void {
    this.#parts.log.error(
      { event: 'store.failed', err },
      'the store cannot write; calls go on and their records wait',
    );
  }

  #retryLater(): void {
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** (this.#failures - 1));
    this.#retryTimer = this.#parts.clock.setTimer(delayMs, () => {
      this.#retryTimer = null;
      this.#flushLater();
    });
  }

  async #read({ ask, answer, refuse }: Waiting<StoreRead>): Promise<void> {
    try {
      const { store } = this.#parts;
      answer(ask.kind === 'load' ? await store.load(ask.callSid) : await store.list(ask.limit));
    } catch (error) {
      refuse(error);
    }
  }
}
