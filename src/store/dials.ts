/**
 * Outbound calls in any SQL engine, and who is not to be called. The statements of what is told of them go out with other writes
 * (store-statements.ts); the rest is for whoever places them, on the store thread, and for commands.
 */
import { type CompiledQuery, type Kysely, sql } from 'kysely';
import {
  type Dial,
  type DialNews,
  type DialStatus,
  FINAL_RANK,
  type NewDial,
  rankOf,
} from '../channel/dial-messages.ts';
import { StoreError } from '../errors.ts';
import type { DialsTable, Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** Somebody who is not to be called. */
export interface DoNotCallEntry {
  readonly number: string;
  readonly addedAtWallMs: number;
  /** In which they asked for it; null: somebody here put it down. */
  readonly callSid: string | null;
}

const LIST_MAX = 10_000;

export class Dials {
  readonly #engine: Pick<SqlEngine, 'tables' | 'transact'>;

  constructor(engine: Pick<SqlEngine, 'tables' | 'transact'>) {
    this.#engine = engine;
  }

  async put(dial: NewDial): Promise<void> {
    await this.#engine.transact([putStatement(this.#tables, dial)]);
  }

  async load(dialId: string): Promise<Dial | null> {
    const row = await this.#tables
      .selectFrom('dials')
      .selectAll()
      .where('dial_id', '=', dialId)
      .executeTakeFirst();
    return row === undefined ? null : toDial(row);
  }

  /** The dial that the carrier's call came of. */
  async ofCall(callSid: string): Promise<Dial | null> {
    const row = await this.#tables
      .selectFrom('dials')
      .selectAll()
      .where('call_sid', '=', callSid)
      .executeTakeFirst();
    return row === undefined ? null : toDial(row);
  }

  /** Those that wait and whose time is over, however many: each is settled, under the reason that it waited for. Their number. */
  async expire(nowWallMs: number): Promise<number> {
    const [result] = await this.#engine.transact([
      this.#tables
        .updateTable('dials')
        .set({
          status: 'expired',
          status_rank: rankOf('expired'),
          failure: sql<string>`coalesce(failure, 'no server could place it in time')`,
        })
        .where('status_rank', '=', rankOf('waiting'))
        .where('until_wall_ms', '<', nowWallMs)
        .compile(),
    ]);
    return result?.affectedRows ?? 0;
  }

  /** Those that wait and may be placed still, the first that was asked for first. */
  async waiting(nowWallMs: number, limit: number): Promise<Dial[]> {
    const rows = await this.#tables
      .selectFrom('dials')
      .selectAll()
      .where('status_rank', '=', rankOf('waiting'))
      .where('try_at_wall_ms', '<=', nowWallMs)
      .where('until_wall_ms', '>=', nowWallMs)
      .orderBy('asked_at_wall_ms')
      .limit(limit)
      .execute();
    return rows.map(toDial);
  }

  /** Those that were placed, or perhaps, and of which nothing was heard since `beforeWallMs`; the longest silent first. */
  async unheard(beforeWallMs: number, limit: number): Promise<Dial[]> {
    const rows = await this.#tables
      .selectFrom('dials')
      .selectAll()
      .where('status_rank', '>', rankOf('waiting'))
      .where('status_rank', '<', FINAL_RANK)
      .where('updated_at_wall_ms', '<', beforeWallMs)
      .orderBy('updated_at_wall_ms')
      .limit(limit)
      .execute();
    return rows.map(toDial);
  }

  /** Calls that ring, or are about to. */
  async ringingCount(): Promise<number> {
    const row = await this.#tables
      .selectFrom('dials')
      .select(sql<number>`count(*)`.as('count'))
      .where('status_rank', '>', rankOf('waiting'))
      .where('status_rank', '<', rankOf('in-progress'))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  /** Takes one that waits, for good: it is never given back but by whoever knows that nobody was rung. False: it is not to be placed. */
  async claim(dialId: string, nowWallMs: number): Promise<boolean> {
    const listed = this.#tables.selectFrom('do_not_call').select('number');
    const [result] = await this.#engine.transact([
      this.#tables
        .updateTable('dials')
        .set({ status: 'placing', status_rank: rankOf('placing'), updated_at_wall_ms: nowWallMs })
        .where('dial_id', '=', dialId)
        .where('status_rank', '=', rankOf('waiting'))
        .where('to_number', 'not in', listed)
        .compile(),
    ]);
    return (result?.affectedRows ?? 0) > 0;
  }

  /** It was not placed, that is certain: it waits again. */
  async giveBack(dialId: string, tryAtWallMs: number, failure: string): Promise<void> {
    await this.#set(dialId, 'placing', { status: 'waiting', tryAtWallMs, failure });
  }

  /** It was not placed and will not be. False: it is no longer as it was taken for. */
  async settle(
    dialId: string,
    from: DialStatus,
    status: DialStatus,
    failure: string | null,
  ): Promise<boolean> {
    return await this.#set(dialId, from, { status, failure });
  }

  /** Looked after, and nothing new: not before a while again. */
  async touch(dialId: string, nowWallMs: number): Promise<void> {
    await this.#engine.transact([
      this.#tables
        .updateTable('dials')
        .set({ updated_at_wall_ms: nowWallMs })
        .where('dial_id', '=', dialId)
        .compile(),
    ]);
  }

  /** Which of these calls of the carrier's belong to a dial. */
  async knownOf(callSids: readonly string[]): Promise<ReadonlySet<string>> {
    if (callSids.length === 0) return new Set();
    const rows = await this.#tables
      .selectFrom('dials')
      .select('call_sid')
      .where('call_sid', 'in', callSids)
      .execute();
    return new Set(rows.map((row) => row.call_sid ?? ''));
  }

  async isDoNotCall(number: string): Promise<boolean> {
    const row = await this.#tables
      .selectFrom('do_not_call')
      .select('number')
      .where('number', '=', number)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** In order of their numbers. */
  async doNotCall(): Promise<DoNotCallEntry[]> {
    const rows = await this.#tables
      .selectFrom('do_not_call')
      .selectAll()
      .orderBy('number')
      .limit(LIST_MAX)
      .execute();
    return rows.map((row) => ({
      number: row.number,
      addedAtWallMs: row.added_at_wall_ms,
      callSid: row.call_sid,
    }));
  }

  /** False: it was there already. */
  async addDoNotCall(number: string, nowWallMs: number): Promise<boolean> {
    const [result] = await this.#engine.transact([
      this.#tables
        .insertInto('do_not_call')
        .values({ number, added_at_wall_ms: nowWallMs, call_sid: null })
        .onConflict((conflict) => conflict.column('number').doNothing())
        .compile(),
    ]);
    return (result?.affectedRows ?? 0) > 0;
  }

  /** False: it was not there. */
  async removeDoNotCall(number: string): Promise<boolean> {
    const [result] = await this.#engine.transact([
      this.#tables.deleteFrom('do_not_call').where('number', '=', number).compile(),
    ]);
    return (result?.affectedRows ?? 0) > 0;
  }

  async #set(
    dialId: string,
    from: DialStatus,
    to: { readonly status: DialStatus; readonly failure: string | null; readonly tryAtWallMs?: number },
  ): Promise<boolean> {
    const [result] = await this.#engine.transact([
      this.#tables
        .updateTable('dials')
        .set({
          status: to.status,
          status_rank: rankOf(to.status),
          failure: to.failure,
          ...(to.tryAtWallMs === undefined ? {} : { try_at_wall_ms: to.tryAtWallMs }),
        })
        .where('dial_id', '=', dialId)
        .where('status_rank', '=', rankOf(from))
        .compile(),
    ]);
    return (result?.affectedRows ?? 0) > 0;
  }

  get #tables(): Kysely<Tables> {
    return this.#engine.tables;
  }
}

export function putStatement(tables: Kysely<Tables>, dial: NewDial): CompiledQuery {
  return tables
    .insertInto('dials')
    .values({
      dial_id: dial.dialId,
      to_number: dial.to,
      from_number: dial.from,
      flow_hash: dial.flowHash,
      variables: JSON.stringify(dial.variables),
      machine_detection: dial.machineDetection,
      asked_at_wall_ms: dial.askedAtWallMs,
      until_wall_ms: dial.untilWallMs,
      try_at_wall_ms: dial.askedAtWallMs,
      updated_at_wall_ms: dial.askedAtWallMs,
      status: 'waiting',
      status_rank: rankOf('waiting'),
      call_sid: null,
      answered_by: null,
      failure: null,
    })
    .onConflict((conflict) => conflict.column('dial_id').doNothing())
    .compile();
}

/** Whatever comes twice, late or in the wrong order changes nothing. */
export function newsStatements(tables: Kysely<Tables>, news: DialNews): readonly CompiledQuery[] {
  const { answeredBy, atWallMs, callSid, dialId, status } = news;
  const dial = tables.updateTable('dials').where('dial_id', '=', dialId);
  const rank = rankOf(status);
  return [
    dial.set({ call_sid: callSid }).where('call_sid', 'is', null).compile(),
    dial
      .set({ status, status_rank: rank, failure: null, updated_at_wall_ms: atWallMs })
      .where('status_rank', '<', rank)
      .where('call_sid', '=', callSid)
      .compile(),
    ...(answeredBy === null
      ? []
      : [dial.set({ answered_by: answeredBy }).where('answered_by', 'is', null).compile()]),
  ];
}

/** A record for a call that has never had a stream, and so none. */
export function recordStatement(tables: Kysely<Tables>, news: DialNews, nodeId: string): CompiledQuery {
  return tables
    .insertInto('calls')
    .columns([
      'call_sid',
      'attempt',
      'from_number',
      'to_number',
      'flow_hash',
      'started_at_wall_ms',
      'updated_at_wall_ms',
      'answers',
      'node_id',
      'claim',
      'direction',
      'resumes',
    ])
    .expression(
      tables
        .selectFrom('dials')
        .select([
          sql<string>`call_sid`.as('call_sid'),
          sql<number>`0`.as('attempt'),
          'from_number',
          'to_number',
          'flow_hash',
          'asked_at_wall_ms',
          sql<number>`cast(${news.atWallMs} as bigint)`.as('updated_at_wall_ms'),
          sql<string>`'{}'`.as('answers'),
          sql<string>`cast(${nodeId} as text)`.as('node_id'),
          sql<string>`''`.as('claim'),
          sql<string>`'outbound'`.as('direction'),
          sql<number>`0`.as('resumes'),
        ])
        .where('dial_id', '=', news.dialId)
        .where('call_sid', '=', news.callSid),
    )
    .onConflict((conflict) => conflict.column('call_sid').doNothing())
    .compile();
}

/** Throws StoreError for a row that holds no JSON where it should. */
function toDial(row: DialsTable): Dial {
  try {
    return {
      dialId: row.dial_id,
      to: row.to_number,
      from: row.from_number,
      flowHash: row.flow_hash,
      variables: JSON.parse(row.variables) as Dial['variables'],
      machineDetection: row.machine_detection as Dial['machineDetection'],
      askedAtWallMs: row.asked_at_wall_ms,
      untilWallMs: row.until_wall_ms,
      status: row.status as DialStatus,
      callSid: row.call_sid,
      answeredBy: row.answered_by,
      failure: row.failure,
      updatedAtWallMs: row.updated_at_wall_ms,
    };
  } catch (cause) {
    throw new StoreError(`Expected JSON in the outbound call ${row.dial_id}`, { cause });
  }
}
