/**
 * Results on their way out of the building: what waits, in order of finish, and what became of it. A finish puts a call's
 * result here in its own transaction (store-statements.ts); the courier (`results/`) takes them out. Store thread.
 *
 *     finish --> waiting --delivered--> delivered
 *                  |  ^
 *      call comes  |  `-- failed: later again, in line or aside
 *      back: gone  `--a day old--> given up
 *
 * One node at a time holds the lease and delivers; the others wait for it to run out. Their clocks may differ by less than
 * it; where they differ more, a result goes out twice under one key.
 */
import { type CompiledQuery, type Kysely, sql } from 'kysely';
import { toKeptCall } from './call-rows.ts';
import type { KeptCall } from './call-store.ts';
import { Lease } from './lease.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

export interface WaitingResult {
  readonly call: KeptCall;
  /** Of the result: since when it is to be delivered. */
  readonly dueAtWallMs: number;
  readonly tries: number;
}

export interface ResultState {
  readonly state: 'waiting' | 'delivered' | 'given up';
  readonly tries: number;
  readonly dueAtWallMs: number;
  readonly lastFailure: string | null;
  readonly settledAtWallMs: number | null;
}

export type OutboxEngine = Pick<SqlEngine, 'tables' | 'transact'>;

const LEASE = 'results';
/**
 * Nothing is put off for longer than this, and no lease is: what says otherwise was written by a clock that has been set
 * back since, and is due (fault s08). More than the grace of a call that may come back and than the courier's longest pause.
 */
const PUT_OFF_MAX_MS = 600_000;

export class Outbox {
  readonly #engine: OutboxEngine;
  readonly #lease: Lease;

  constructor(engine: OutboxEngine, nodeId: string) {
    this.#engine = engine;
    this.#lease = new Lease(engine, { name: LEASE, nodeId, leaseMaxMs: PUT_OFF_MAX_MS });
  }

  /** Takes or keeps the lease. False: another node has it. */
  async holdLease(nowWallMs: number, leaseMs: number): Promise<boolean> {
    return this.#lease.hold(nowWallMs, leaseMs);
  }

  /** For a node that goes: the next one need not wait. */
  async releaseLease(): Promise<void> {
    await this.#lease.release();
  }

  /** The first in line, in order of finish, that are due. */
  line(nowWallMs: number, limit: number): Promise<WaitingResult[]> {
    return this.#waiting(0, nowWallMs, limit);
  }

  /** Those that were put aside and may be tried again. */
  aside(nowWallMs: number, limit: number): Promise<WaitingResult[]> {
    return this.#waiting(1, nowWallMs, limit);
  }

  /** When something may be tried next, of what may not be yet; null: nothing waits. */
  async nextDueAtWallMs(nowWallMs: number): Promise<number | null> {
    const nextTry = sql<number>`case when is_aside = 1 or try_at_wall_ms > due_at_wall_ms then try_at_wall_ms else due_at_wall_ms end`;
    const row = await this.#tables
      .selectFrom('outbox')
      .select(sql<number | null>`min(${nextTry})`.as('next'))
      .where('state', '=', 'waiting')
      .where(nextTry, '>', nowWallMs)
      .executeTakeFirst();
    return row?.next ?? null;
  }

  async delivered(callSid: string, nowWallMs: number): Promise<void> {
    await this.#set(
      this.#of(callSid)
        .set((row) => ({
          state: 'delivered',
          tries: sql<number>`${row.ref('tries')} + 1`,
          last_failure: null,
          settled_at_wall_ms: nowWallMs,
        }))
        .compile(),
    );
  }

  async failed(callSid: string, failure: string): Promise<void> {
    const failed = this.#of(callSid).set((row) => ({
      tries: sql<number>`${row.ref('tries')} + 1`,
      last_failure: failure,
    }));
    await this.#set(failed.compile());
  }

  /** Others need not wait behind it any more, and it is not tried before then. */
  async setAside(callSid: string, untilWallMs: number): Promise<void> {
    await this.#set(this.#of(callSid).set({ is_aside: 1, try_at_wall_ms: untilWallMs }).compile());
  }

  /** Gives up what has been due since before `dueBeforeWallMs`. Resolves with how many. */
  async giveUp(dueBeforeWallMs: number, nowWallMs: number): Promise<number> {
    const [result] = await this.#engine.transact([
      this.#tables
        .updateTable('outbox')
        .set({ state: 'given up', settled_at_wall_ms: nowWallMs })
        .where('state', '=', 'waiting')
        .where('due_at_wall_ms', '<', dueBeforeWallMs)
        .compile(),
    ]);
    return result?.affectedRows ?? 0;
  }

  /** Null: the call has not ended, or its result is nobody's business. */
  async stateOf(callSid: string): Promise<ResultState | null> {
    const row = await this.#tables
      .selectFrom('outbox')
      .selectAll()
      .where('call_sid', '=', callSid)
      .executeTakeFirst();
    if (row === undefined) return null;
    return {
      state: row.state as ResultState['state'],
      tries: row.tries,
      dueAtWallMs: row.due_at_wall_ms,
      lastFailure: row.last_failure,
      settledAtWallMs: row.settled_at_wall_ms,
    };
  }

  async #waiting(isAside: 0 | 1, nowWallMs: number, limit: number): Promise<WaitingResult[]> {
    const rows = await this.#tables
      .selectFrom('outbox')
      .innerJoin('calls', 'calls.call_sid', 'outbox.call_sid')
      .selectAll('calls')
      .select(['due_at_wall_ms', 'tries'])
      .where('outbox.state', '=', 'waiting')
      // A call that began again at the very moment in which others took it for lost has no end: its result is to come.
      .where('end_reason', 'is not', null)
      .where('is_aside', '=', isAside)
      // Aside it has been due for long. In line it waits for both: its call can come back no more, and its last words are in.
      .where((row) =>
        row.and(
          (['due_at_wall_ms', 'try_at_wall_ms'] as const).map((at) =>
            row.or([row(at, '<=', nowWallMs), row(at, '>', nowWallMs + PUT_OFF_MAX_MS)]),
          ),
        ),
      )
      .orderBy('due_at_wall_ms')
      .orderBy('outbox.call_sid')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      call: toKeptCall(row),
      dueAtWallMs: row.due_at_wall_ms,
      tries: row.tries,
    }));
  }

  #of(callSid: string) {
    return this.#tables.updateTable('outbox').where('call_sid', '=', callSid).where('state', '=', 'waiting');
  }

  async #set(statement: CompiledQuery): Promise<void> {
    await this.#engine.transact([statement]);
  }

  get #tables(): Kysely<Tables> {
    return this.#engine.tables;
  }
}
