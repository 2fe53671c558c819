/**
 * The call store as every other thread has it: a CallStore over a port to the store thread. A commit never holds a call
 * up for more than 250 ms; what is then not yet written is `deferred`, and is written in order when the store can. Used
 * by the call workers and by the I/O thread, one each.
 *
 *     write ---> in flight (256, at the store thread) ---answer---> durable
 *        \            ^                                  250 ms --> deferred, and still in flight
 *         `--full--> waiting: one commit a call, the newest; bounded
 */

import { randomUUID } from 'node:crypto';
import type { Dial, DialNews, NewDial } from '../channel/dial-messages.ts';
import type { EndReason } from '../channel/messages.ts';
import type { PostingPort } from '../channel/port.ts';
import type {
  CallFilter,
  StoreAnswer,
  StoreRead,
  StoreRequest,
  StoreWrite,
  TallySlice,
  TallySpan,
  TurnRecord,
} from '../channel/store-messages.ts';
import type { Clock } from '../clock.ts';
import { CapacityError, DeadlineError, StoreError } from '../errors.ts';
import type { Log } from '../log.ts';
import {
  type CallRecord,
  type CallStore,
  type CallTurn,
  COMMIT_WAIT_MAX_MS,
  type CommitResult,
  type Decided,
  type LiveCallPlace,
  type NewCall,
  type NodeSeen,
} from './call-store.ts';
import type { DialStore } from './dial-store.ts';

const READ_DEADLINE_MS = 2000;
const CLOSE_DEADLINE_MS = 2000;
/** What may be at the store thread unanswered; one transaction takes them all. */
const IN_FLIGHT_MAX = 256;
/** More than the calls of a worker: each has at most a begin, a commit and an end waiting. */
const WAITING_MAX = 20_000;
/** Of one call, in one commit that waits: an hour of questions while the store is away. More push the oldest out, aloud. */
const WAITING_TURNS_MAX = 256;

/** A MessagePort, as this file uses it. */
export interface StorePort extends PostingPort {
  on(event: 'message', listener: (answer: StoreAnswer) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  close(): void;
}

export interface StoreClientParts {
  readonly clock: Clock;
  readonly log: Log;
  /** What the store thread is told to open. Default sqlite. */
  readonly engine?: string;
}

/** Told once what came of it. Both never throw. */
interface Outcome {
  readonly answered: (value: unknown) => void;
  readonly failed: (error: Error) => void;
}

interface WaitingWrite {
  ask: StoreWrite;
  readonly outcomes: Outcome[];
}

export class StoreClient implements CallStore, DialStore {
  readonly engine: string;
  readonly #port: StorePort;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #inFlight = new Map<number, readonly Outcome[]>();
  /** In order of their first asking. */
  readonly #waiting = new Map<string, WaitingWrite>();
  readonly #onDrained: (() => void)[] = [];
  #nextId = 1;
  #isGone = false;
  #deferredCount = 0;
  #deferredTotal = 0;
  #lostTotal = 0;

  constructor(port: StorePort, parts: StoreClientParts) {
    this.#port = port;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.engine = parts.engine ?? 'sqlite';
    port.on('message', (answer) => this.#take(answer));
    port.on('close', () => this.#lose());
  }

  /** Writes that were answered `deferred` and are not written yet. For `/readyz`. */
  get deferredCount(): number {
    return this.#deferredCount;
  }

  /** Since the start: answered `deferred`; and given up for good (no room, refused, the store thread gone). */
  get totals(): { readonly deferred: number; readonly lost: number } {
    return { deferred: this.#deferredTotal, lost: this.#lostTotal };
  }

  /** Settles when the store has answered; whoever waits sets the deadline. Rejects with StoreError or CapacityError. */
  begin(call: NewCall): Promise<'begun' | 'fenced'> {
    const claim = randomUUID();
    return new Promise((resolve, reject) => {
      this.#write(
        { kind: 'begin', ...call, claim, atWallMs: this.#clock.wallMs() },
        { answered: (value) => resolve(value === 'fenced' ? 'fenced' : 'begun'), failed: reject },
      );
    });
  }

  /** Rejects only if `state` is no JSON: a defect of the caller. */
  async commit(
    callSid: string,
    attempt: number,
    state: unknown,
    decided: Decided,
    move = 0,
  ): Promise<CommitResult> {
    const { optsOut = false, transfer, turn } = decided;
    return this.#writeWithin({
      kind: 'commit',
      callSid,
      attempt,
      move,
      state: JSON.stringify(state),
      outcome: decided.outcome,
      answers: JSON.stringify(decided.answers),
      ...(transfer === undefined ? {} : { transfer }),
      ...(optsOut ? { optsOut } : {}),
      ...(turn === undefined ? {} : { turns: [turn] }),
      atWallMs: this.#clock.wallMs(),
    });
  }

  finish(
    callSid: string,
    attempt: number,
    reason: EndReason,
    atWallMs = this.#clock.wallMs(),
  ): Promise<CommitResult> {
    return this.#writeWithin({ kind: 'finish', callSid, attempt, reason, atWallMs });
  }

  /** Rejects with StoreError, or DeadlineError after 2 s. */
  async load(callSid: string): Promise<CallRecord | null> {
    return (await this.#read({ kind: 'load', callSid })) as CallRecord | null;
  }

  /** Rejects with StoreError, or DeadlineError after 2 s. */
  async list(limit: number, filter?: CallFilter): Promise<readonly CallRecord[]> {
    const ask: StoreRead = { kind: 'list', limit, ...(filter === undefined ? {} : { filter }) };
    return (await this.#read(ask)) as readonly CallRecord[];
  }

  /** Rejects with StoreError, or DeadlineError after 2 s. */
  async turnsOf(callSid: string): Promise<readonly CallTurn[]> {
    return (await this.#read({ kind: 'turns', callSid })) as readonly CallTurn[];
  }

  putFlow(flow: {
    readonly hash: string;
    readonly name: string;
    readonly text: string;
  }): Promise<CommitResult> {
    const { hash, name, text } = flow;
    return this.#writeWithin({ kind: 'flow', hash, name, text, atWallMs: this.#clock.wallMs() });
  }

  /** Rejects with StoreError, or DeadlineError after 2 s. */
  async loadFlow(hash: string): Promise<string | null> {
    return (await this.#read({ kind: 'flow.text', hash })) as string | null;
  }

  /** Calls without an end, on all nodes that share the store. Rejects with StoreError, or DeadlineError after 2 s. */
  async liveCalls(limit: number): Promise<readonly LiveCallPlace[]> {
    return (await this.#read({ kind: 'live', limit })) as readonly LiveCallPlace[];
  }

  /** Rejects with StoreError, or DeadlineError after 2 s. */
  async nodes(): Promise<readonly NodeSeen[]> {
    return (await this.#read({ kind: 'nodes' })) as readonly NodeSeen[];
  }

  /** Rejects with StoreError, or DeadlineError after 2 s. */
  async tally(span: TallySpan): Promise<TallySlice> {
    return (await this.#read({ kind: 'tally', span })) as TallySlice;
  }

  /** Asks whichever node has the call to end it. `durable`: all nodes were told. */
  hangUp(callSid: string): Promise<CommitResult> {
    return this.#writeWithin({ kind: 'hang-up', callSid });
  }

  putDial(dial: NewDial): Promise<CommitResult> {
    return this.#writeWithin({ kind: 'dial', dial });
  }

  putDialNews(news: DialNews): Promise<CommitResult> {
    return this.#writeWithin({ kind: 'dial.news', news });
  }

  async loadDial(dialId: string): Promise<Dial | null> {
    return (await this.#read({ kind: 'dial.load', dialId })) as Dial | null;
  }

  async dialOfCall(callSid: string): Promise<Dial | null> {
    return (await this.#read({ kind: 'dial.of', callSid })) as Dial | null;
  }

  async isDoNotCall(number: string): Promise<boolean> {
    return (await this.#read({ kind: 'do-not-call', number })) as boolean;
  }

  tellMachine(callSid: string): Promise<CommitResult> {
    return this.#writeWithin({ kind: 'machine', callSid });
  }

  putTransferStatus(callSid: string, status: string): Promise<CommitResult> {
    return this.#writeWithin({ kind: 'transfer.ended', callSid, status });
  }

  /** Waits up to 2 s for what is not written yet, then closes the port; the store thread goes on. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isGone && !this.#isDrained()) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(CLOSE_DEADLINE_MS, resolve);
        this.#onDrained.push(() => {
          this.#clock.clearTimer(timer);
          resolve();
        });
      });
    }
    this.#lose();
    this.#port.close();
  }

  #writeWithin(ask: StoreWrite): Promise<CommitResult> {
    return new Promise((resolve) => {
      let isDeferred = false;
      const timer = this.#clock.setTimer(COMMIT_WAIT_MAX_MS, () => {
        isDeferred = true;
        this.#deferredCount += 1;
        this.#deferredTotal += 1;
        resolve('deferred');
      });
      const settle = (result: CommitResult): void => {
        this.#clock.clearTimer(timer);
        if (isDeferred) this.#deferredCount -= 1;
        resolve(result);
      };
      this.#write(ask, { answered: () => settle('durable'), failed: () => settle('deferred') });
    });
  }

  #read(ask: StoreRead): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isGone) {
        reject(gone());
        return;
      }
      const id = this.#nextId++;
      const timer = this.#clock.setTimer(READ_DEADLINE_MS, () => {
        this.#inFlight.delete(id);
        reject(new DeadlineError(`Expected the store's answer within ${READ_DEADLINE_MS} ms`));
      });
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          this.#clock.clearTimer(timer);
          settle(value);
        };
      this.#inFlight.set(id, [{ answered: settled(resolve), failed: settled(reject) }]);
      this.#port.postMessage({ id, ask } satisfies StoreRequest);
    });
  }

  #write(ask: StoreWrite, asked: Outcome): void {
    const outcome = this.#counted(asked);
    if (this.#isGone) {
      outcome.failed(gone());
      return;
    }
    // A begin never waits behind others: a call's commits, from another thread, need its row.
    if (ask.kind === 'begin' || (this.#waiting.size === 0 && this.#inFlight.size < IN_FLIGHT_MAX)) {
      this.#send(ask, [outcome]);
      return;
    }
    const key = keyOf(ask);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      // The newer state holds all that the older one did, but for the turns that it closed and what it ordered.
      if (ask.kind === 'commit') waiting.ask = this.#joined(waiting.ask, ask);
      waiting.outcomes.push(outcome);
    } else if (this.#waiting.size < WAITING_MAX) {
      this.#waiting.set(key, { ask, outcomes: [outcome] });
    } else {
      outcome.failed(new CapacityError(`Expected at most ${WAITING_MAX} writes waiting, received one more`));
    }
  }

  #joined(older: StoreWrite, newest: Extract<StoreWrite, { kind: 'commit' }>): StoreWrite {
    if (older.kind !== 'commit') return newest;
    const { optsOut, transfer } = older;
    const newer = {
      ...(transfer === undefined ? {} : { transfer }),
      ...(optsOut === undefined ? {} : { optsOut }),
      ...newest,
    };
    const turns: readonly TurnRecord[] = [...(older.turns ?? []), ...(newer.turns ?? [])];
    if (turns.length === 0) return newer;
    if (turns.length > WAITING_TURNS_MAX)
      this.#log.error({ event: 'store.lost', callSid: newer.callSid }, 'the oldest turn of a call was lost');
    return { ...newer, turns: turns.slice(-WAITING_TURNS_MAX) };
  }

  #send(ask: StoreWrite, outcomes: readonly Outcome[]): void {
    const id = this.#nextId++;
    this.#inFlight.set(id, outcomes);
    this.#port.postMessage({ id, ask } satisfies StoreRequest);
  }

  #take(answer: StoreAnswer): void {
    const outcomes = this.#inFlight.get(answer.id);
    if (outcomes === undefined) return;
    this.#inFlight.delete(answer.id);
    for (const outcome of outcomes) {
      if (answer.ok) outcome.answered(answer.value);
      else outcome.failed(new StoreError(answer.error.message));
    }
    while (this.#inFlight.size < IN_FLIGHT_MAX) {
      const next = this.#waiting.entries().next();
      if (next.done === true) break;
      const [key, { ask, outcomes: waiters }] = next.value;
      this.#waiting.delete(key);
      this.#send(ask, waiters);
    }
    if (this.#isDrained()) for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  #isDrained(): boolean {
    return this.#inFlight.size === 0 && this.#waiting.size === 0;
  }

  /** Of a write: its failure is a loss. A read that fails has lost nothing, and whoever asked decides without it. */
  #counted({ answered, failed }: Outcome): Outcome {
    return {
      answered,
      failed: (error) => {
        if (this.#lostTotal === 0) {
          this.#log.error({ event: 'store.lost', err: error }, 'a record was lost; more are only counted');
        }
        this.#lostTotal += 1;
        failed(error);
      },
    };
  }

  /** The store thread has gone, or we go. What was not answered fails. */
  #lose(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const outcomes = [
      ...this.#inFlight.values(),
      ...[...this.#waiting.values()].map((write) => write.outcomes),
    ];
    this.#inFlight.clear();
    this.#waiting.clear();
    for (const outcome of outcomes.flat()) outcome.failed(gone());
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}

/** Writes of the same key that wait are one. */
function keyOf(ask: StoreWrite): string {
  switch (ask.kind) {
    case 'flow':
      return `flow ${ask.hash}`;
    case 'hang-up':
    case 'machine':
      return `${ask.kind} ${ask.callSid}`;
    case 'transfer.ended':
      return `${ask.kind} ${ask.callSid} ${ask.status}`;
    case 'dial':
      return `dial ${ask.dial.dialId}`;
    case 'dial.news': {
      const { answeredBy, dialId, status } = ask.news;
      return `dial.news ${dialId} ${status} ${answeredBy ?? ''}`;
    }
    default:
      return `${ask.kind} ${ask.attempt} ${ask.callSid}`;
  }
}

function gone(): StoreError {
  return new StoreError('Expected a store thread, received none: it has ended');
}
