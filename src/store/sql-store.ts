/**
 * The calls, in any SQL engine. What a `write` has returned is as durable as the engine makes it. Not a CallStore by itself:
 * it may block or wait, so it lives on the store thread, behind store-thread.ts; commands that only look use it directly.
 */
import { randomUUID } from 'node:crypto';
import { type CompiledQuery, type Kysely, sql } from 'kysely';
import type { CallFilter, StoreWrite, TallySlice, TallySpan } from '../channel/store-messages.ts';
import { type Clock, systemClock } from '../clock.ts';
import { toKeptCall, toTurn } from './call-rows.ts';
import type { CallTurn, KeptCall, LiveCallPlace, NodeSeen } from './call-store.ts';
import { Dials } from './dials.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';
import { StoreStatements } from './store-statements.ts';
import { tallySlice } from './tally-slice.ts';

export interface SqlStoreOptions {
  /** Of this process; absent: a name that nobody else has. */
  readonly nodeId?: string;
  /** A finish puts the call's result into the outbox. Default false. */
  readonly keepsResults?: boolean;
  /** Tests pass one that they advance. */
  readonly clock?: Pick<Clock, 'wallMs'>;
}

export type WriteResult = 'begun' | 'fenced' | null;

/** A node that was not seen for so long is dead. Its heartbeat comes every 2 s. */
export const NODE_LIFE_MS = 30_000;

/** `LISTEN` channels: a CallSid that some node is to hang up, or `machine` and one that a machine has taken; and, without words, that a call has begun or ended. */
export const HANG_UP_CHANNEL = 'trunkline_hang_up';
export const LIVE_CHANNEL = 'trunkline_live';

/** PostgreSQL's own wall clock: those of nodes differ. */
export const databaseWallMs = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

export class SqlStore {
  readonly #engine: SqlEngine;
  readonly statements: StoreStatements;
  readonly dials: Dials;
  readonly nodeId: string;

  constructor(engine: SqlEngine, options: SqlStoreOptions = {}) {
    this.#engine = engine;
    const { clock = systemClock } = options;
    this.nodeId = options.nodeId ?? randomUUID();
    this.dials = new Dials(engine);
    this.statements = new StoreStatements(engine.tables, {
      nodeId: this.nodeId,
      keepsResults: options.keepsResults ?? false,
      hangUpChannel: engine.name === 'postgres' ? HANG_UP_CHANNEL : null,
      wallMs: () => clock.wallMs(),
    });
  }

  get engine(): 'sqlite' | 'postgres' {
    return this.#engine.name;
  }

  /** True for a failure after which the same write may succeed later. */
  isTransient(error: unknown): boolean {
    return this.#engine.isTransient(error);
  }

  /** True for a transient failure of some rows alone: writes of other calls may succeed now. */
  isRowLocked(error: unknown): boolean {
    return this.#engine.isRowLocked(error);
  }

  /**
   * All of `writes` in one transaction, in order, or none. Resolves once it is committed: for each write `begun` or
   * `fenced` (a begin), or null. Rejects with the engine's own error. The same writes may then be written again. Never two
   * at a time.
   */
  async write(writes: readonly StoreWrite[]): Promise<WriteResult[]> {
    const statements: CompiledQuery[] = [];
    const firsts = writes.map((write) => {
      const first = statements.length;
      statements.push(...this.statements.of(write));
      return first;
    });
    if (this.#isNews(writes)) statements.push(this.statements.tell(LIVE_CHANNEL, ''));
    const results = statements.length === 0 ? [] : await this.#engine.transact(statements);
    return writes.map((write, index) => {
      if (write.kind !== 'begin') return null;
      return (results[firsts[index]!]?.affectedRows ?? 0) > 0 ? 'begun' : 'fenced';
    });
  }

  async load(callSid: string): Promise<KeptCall | null> {
    const row = await this.#tables
      .selectFrom('calls')
      .selectAll()
      .where('call_sid', '=', callSid)
      .executeTakeFirst();
    return row === undefined ? null : toKeptCall(row);
  }

  /** Newest first. */
  async list(limit: number, filter: CallFilter = {}): Promise<KeptCall[]> {
    const { sinceWallMs, outcome, after } = filter;
    let query = this.#tables
      .selectFrom('calls')
      .selectAll()
      .orderBy('started_at_wall_ms', 'desc')
      .orderBy('call_sid', 'desc')
      .limit(limit);
    if (sinceWallMs !== undefined) query = query.where('started_at_wall_ms', '>=', sinceWallMs);
    if (outcome !== undefined) query = query.where('outcome', '=', outcome);
    if (after !== undefined) {
      const { startedAtWallMs, callSid } = after;
      // Said twice: by the first, either engine enters its index there; from the `or` alone it would read all newer calls.
      query = query
        .where('started_at_wall_ms', '<=', startedAtWallMs)
        .where((row) =>
          row.or([
            row('started_at_wall_ms', '<', startedAtWallMs),
            row.and([row('started_at_wall_ms', '=', startedAtWallMs), row('call_sid', '<', callSid)]),
          ]),
        );
    }
    return (await query.execute()).map(toKeptCall);
  }

  /** In the order in which they were asked. */
  async turnsOf(callSid: string): Promise<CallTurn[]> {
    const rows = await this.#tables
      .selectFrom('turns')
      .leftJoin('playout', (join) =>
        join
          .onRef('playout.call_sid', '=', 'turns.call_sid')
          .onRef('playout.listen_id', '=', 'turns.listen_id'),
      )
      .selectAll('turns')
      .select(['sent_ms', 'heard_ms', 'answer_began_at_wall_ms'])
      .where('turns.call_sid', '=', callSid)
      .orderBy('turns.listen_id')
      .execute();
    return rows.map(toTurn);
  }

  /** The flow's text of this hash, or null. */
  async flowText(hash: string): Promise<string | null> {
    const row = await this.#tables
      .selectFrom('flows')
      .select('text')
      .where('hash', '=', hash)
      .executeTakeFirst();
    return row?.text ?? null;
  }

  /** Calls without an end, on all nodes, oldest first. */
  async liveCalls(limit: number): Promise<LiveCallPlace[]> {
    const rows = await this.#tables
      .selectFrom('calls')
      .leftJoin('nodes', 'nodes.node_id', 'calls.node_id')
      .select(['call_sid', 'attempt', 'from_number', 'to_number', 'calls.node_id', 'url'])
      .select('calls.started_at_wall_ms')
      .where('end_reason', 'is', null)
      .orderBy('calls.started_at_wall_ms')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      callSid: row.call_sid,
      attempt: row.attempt,
      from: row.from_number,
      to: row.to_number,
      nodeId: row.node_id,
      nodeUrl: row.url,
      startedAtWallMs: row.started_at_wall_ms,
    }));
  }

  /** Those that share this store, oldest first, dead ones of the last day included; none where there is but one. */
  async nodes(): Promise<NodeSeen[]> {
    if (this.engine === 'sqlite') return [];
    const rows = await this.#tables
      .selectFrom('nodes')
      .selectAll()
      .select(sql<number>`${databaseWallMs} - seen_at_wall_ms`.as('unseen_ms'))
      .orderBy('started_at_wall_ms')
      .execute();
    return rows.map((row) => ({
      nodeId: row.node_id,
      url: row.url,
      startedAtWallMs: row.started_at_wall_ms,
      seenAtWallMs: row.seen_at_wall_ms,
      unseenMs: Math.max(0, row.unseen_ms),
      liveCalls: row.live_calls,
      isDraining: row.is_draining === 1,
    }));
  }

  /** Calls of a span of time, counted. */
  tally(span: TallySpan): Promise<TallySlice> {
    return tallySlice(this.#tables, span);
  }

  /**
   * Marks calls that began before `beforeWallMs` and have no end: their process died. Never one that was begun, or begun
   * again, by this node or by one that was seen in the last 30 s. Returns how many. Rejects with the engine's own error.
   */
  async abandon(beforeWallMs: number, nowWallMs = beforeWallMs): Promise<number> {
    // Nodes are seen by the database's clock; in a file there is none to be seen.
    const now = this.engine === 'postgres' ? databaseWallMs : sql.lit(nowWallMs);
    const seenAfterWallMs = sql<number>`${now} - ${sql.lit(NODE_LIFE_MS)}`;
    const statements = this.statements.abandon(beforeWallMs, seenAfterWallMs, nowWallMs);
    return (await this.#engine.transact(statements)).at(-1)?.affectedRows ?? 0;
  }

  /** Idempotent. A file is closed before this returns. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** Whoever watches the live calls of all nodes wants to know of it. */
  #isNews(writes: readonly StoreWrite[]): boolean {
    return this.engine === 'postgres' && writes.some(({ kind }) => kind === 'begin' || kind === 'finish');
  }

  get #tables(): Kysely<Tables> {
    return this.#engine.tables;
  }
}
