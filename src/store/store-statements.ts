/**
 * Each write as SQL statements, for any engine. A statement never needs what an earlier one answered: what depends on the
 * call's row says so in its condition, so that a whole batch goes out at once. Compiles, runs nothing.
 */
import {
  type CompiledQuery,
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type RawBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { DialNews, DialStatus } from '../channel/dial-messages.ts';
import type { EndReason } from '../channel/messages.ts';
import type { StoreWrite } from '../channel/store-messages.ts';
import { newsStatements, putStatement, recordStatement } from './dials.ts';
import { QueryTemplate } from './query-template.ts';
import type { Tables } from './schema.ts';
import { integer, text, toText } from './sql-values.ts';
import { TurnStatements } from './turn-statements.ts';

type WriteOf<Kind extends StoreWrite['kind']> = Extract<StoreWrite, { kind: Kind }>;
type CommitValues = Pick<
  WriteOf<'commit'>,
  'callSid' | 'attempt' | 'state' | 'outcome' | 'answers' | 'atWallMs'
>;

export interface StatementOptions {
  readonly nodeId: string;
  /** Results are to be sent: a finish puts one into the outbox. */
  readonly keepsResults: boolean;
  /** Every node that shares the database listens on this channel; null: there is but one, and it looks into a table. */
  readonly hangUpChannel: string | null;
  /** The wall clock: when a statement is written, however long ago it was asked for. */
  readonly wallMs: () => number;
}

/** Which calls, as a condition on their rows. */
export type CallsWhere = (row: ExpressionBuilder<Tables, 'calls'>) => Expression<SqlBool>;

/** After these a call does not come back: its result is final. After any other it may, for a while; from a transfer that fails, too. */
const FINAL_REASONS: readonly EndReason[] = [
  'completed',
  'caller hung up',
  'hung up',
  'time limit',
  'busy',
  'no answer',
  'not reached',
  'canceled',
];
/** Of a call of ours that never had a stream, by the carrier's last word of it. */
const END_REASONS: Readonly<Partial<Record<DialStatus, EndReason>>> = {
  completed: 'caller hung up',
  busy: 'busy',
  'no-answer': 'no answer',
  failed: 'not reached',
  canceled: 'canceled',
};
/** The end that other nodes give to the calls of one that they do not see any more. */
const PRESUMED: EndReason = 'node lost';
/** The worker's own last words for a call come from another thread than its end, and a little later. */
export const SETTLE_MS = 1000;
/** Of an end that waited while the store was away: so do those words, behind thousands of others. */
const BACKLOG_SETTLE_MS = 10_000;
/**
 * Twilio asks where a lost call goes on at once, five times, 15 s each at most, and the supervisor makes it wait 5 x 2 s:
 * who has not come back by then, does not.
 */
export const RETURN_GRACE_MS = 120_000;

export class StoreStatements {
  readonly #tables: Kysely<Tables>;
  readonly #options: StatementOptions;
  /** Of every turn; where it ends in a transfer, the statement is made for it. */
  readonly #step: QueryTemplate<CommitValues>;
  readonly #turns: TurnStatements;

  constructor(tables: Kysely<Tables>, options: StatementOptions) {
    this.#tables = tables;
    this.#options = options;
    this.#step = new QueryTemplate((values) => this.#commitOf(values, undefined));
    this.#turns = new TurnStatements(tables);
  }

  /** The first statement's row count is the write's: 0 for a begin means that it is fenced. */
  of(write: StoreWrite): readonly CompiledQuery[] {
    switch (write.kind) {
      case 'begin':
        return this.#begin(write);
      case 'commit':
        return this.#commit(write);
      case 'finish':
        return this.#finish(write);
      case 'flow':
        return this.#flow(write);
      case 'hang-up':
        return this.#hangUp(write);
      case 'machine': {
        const { hangUpChannel } = this.#options;
        return hangUpChannel === null ? [] : [this.tell(hangUpChannel, `machine ${write.callSid}`)];
      }
      case 'transfer.ended':
        return this.#transferEnded(write);
      case 'dial':
        return [putStatement(this.#tables, write.dial)];
      case 'dial.news':
        return this.#dialNews(write.news);
    }
  }

  /**
   * Ends calls that began before `beforeWallMs` and have none: their process died. Never one that this node has, or one of
   * a node that was seen since `seenAfterWallMs`. The last statement's row count says how many.
   */
  abandon(
    beforeWallMs: number,
    seenAfterWallMs: RawBuilder<number>,
    nowWallMs: number,
  ): readonly CompiledQuery[] {
    const lost: EndReason = 'stream lost';
    const nodes = this.#tables
      .selectFrom('nodes')
      .select('node_id')
      .where('seen_at_wall_ms', '>', seenAfterWallMs);
    const doomed: CallsWhere = (row) =>
      row.and([
        row('started_at_wall_ms', '<', beforeWallMs),
        row('node_id', '!=', this.#options.nodeId),
        row('node_id', 'not in', nodes),
      ]);
    return this.endAll(doomed, lost, nowWallMs, nowWallMs);
  }

  /**
   * Ends the calls that are `doomed` and have no end, at the time of their last word. The update asks the row itself: one that
   * begins again on another node while this waits for its lock is looked at anew, and left alone.
   */
  endAll(
    doomed: CallsWhere,
    reason: EndReason,
    nowWallMs: number,
    dueAtWallMs: number,
  ): readonly CompiledQuery[] {
    const end = this.#tables
      .updateTable('calls')
      .set((row) => ({ end_reason: reason, ended_at_wall_ms: row.ref('updated_at_wall_ms') }))
      .where('end_reason', 'is', null)
      .where(doomed)
      .compile();
    if (!this.#options.keepsResults) return [end];
    const calls = selectCallSids(this.#tables).where('end_reason', 'is', null).where(doomed);
    return [this.#enqueue(calls, dueAtWallMs, nowWallMs), end];
  }

  #begin(write: WriteOf<'begin'>): readonly CompiledQuery[] {
    const { callSid, attempt, from, to, flowHash, atWallMs, claim = '', direction = 'inbound' } = write;
    const { nodeId } = this.#options;
    const begin = this.#tables
      .insertInto('calls')
      .values({
        call_sid: callSid,
        attempt,
        from_number: toText(from),
        to_number: toText(to),
        flow_hash: flowHash,
        started_at_wall_ms: atWallMs,
        updated_at_wall_ms: atWallMs,
        ended_at_wall_ms: null,
        end_reason: null,
        outcome: null,
        answers: '{}',
        state: null,
        node_id: nodeId,
        claim,
        direction,
        resumes: 0,
        transfer_to: null,
        transfer: null,
        transfer_status: null,
      })
      .onConflict((conflict) =>
        conflict
          .column('call_sid')
          .doUpdateSet((row) => ({
            attempt,
            claim,
            node_id: nodeId,
            updated_at_wall_ms: atWallMs,
            ended_at_wall_ms: null,
            end_reason: null,
            resumes: sql<number>`${row.ref('calls.resumes')} + (case when ${row.ref('calls.attempt')} < ${attempt} then 1 else 0 end)`,
          }))
          .where((row) =>
            row.or([
              row('calls.attempt', '<', attempt),
              // Written once already, and nobody knew it.
              ...(claim === ''
                ? []
                : [row.and([row('calls.attempt', '=', attempt), row('calls.claim', '=', claim)])]),
            ]),
          ),
      )
      .compile();
    if (attempt === 0 || !this.#options.keepsResults) return [begin];
    // It has come back: what was to be said of its end is not true any more.
    const withdraw = this.#tables
      .deleteFrom('outbox')
      .where('call_sid', '=', callSid)
      .where('state', '=', 'waiting')
      .where('call_sid', 'in', this.#callOf(write, ['end_reason', 'is', null]))
      .compile();
    return [begin, withdraw];
  }

  #commit(write: WriteOf<'commit'>): readonly CompiledQuery[] {
    const { callSid, attempt, state, outcome, answers, atWallMs, optsOut, turns = [] } = write;
    const values = { callSid, attempt, state, outcome, answers, atWallMs };
    const commit =
      write.transfer === undefined ? this.#step.fill(values) : this.#commitOf(values, write.transfer);
    const optOut = optsOut === undefined ? [] : [this.#optOut(write)];
    return [commit, ...optOut, ...turns.flatMap((turn) => this.#turns.of(write, turn))];
  }

  #commitOf(
    { callSid, attempt, state, outcome, answers, atWallMs }: CommitValues,
    transfer: WriteOf<'commit'>['transfer'],
  ): CompiledQuery {
    const given =
      transfer === undefined
        ? {}
        : { transfer_to: transfer.to, transfer: JSON.stringify(transfer), transfer_status: null };
    return this.#tables
      .updateTable('calls')
      .set((row) => {
        // Whoever was presumed dead and commits, lives: its call has no end yet, and no result of it may leave.
        const unlessPresumed = <Value>(column: 'end_reason' | 'ended_at_wall_ms') =>
          sql<Value>`case when ${row.ref('end_reason')} = ${sql.lit(PRESUMED)} then null else ${row.ref(column)} end`;
        return {
          state,
          outcome,
          answers,
          updated_at_wall_ms: atWallMs,
          ...given,
          end_reason: unlessPresumed<string | null>('end_reason'),
          ended_at_wall_ms: unlessPresumed<number | null>('ended_at_wall_ms'),
        };
      })
      .where('call_sid', '=', callSid)
      .where('attempt', '=', attempt)
      .compile();
  }

  /** Whoever was called, or rang: only a number can be on the list. */
  #optOut({ atWallMs, attempt, callSid }: WriteOf<'commit'>): CompiledQuery {
    const number = sql<string>`case when direction = 'outbound' then to_number else from_number end`;
    return this.#tables
      .insertInto('do_not_call')
      .columns(['number', 'added_at_wall_ms', 'call_sid'])
      .expression(
        this.#tables
          .selectFrom('calls')
          .select([number.as('number'), integer(atWallMs).as('added_at_wall_ms'), 'call_sid'])
          .where('call_sid', '=', callSid)
          .where('attempt', '=', attempt)
          .where(number, 'like', '+%'),
      )
      .onConflict((conflict) => conflict.column('number').doNothing())
      .compile();
  }

  #transferEnded({ callSid, status }: WriteOf<'transfer.ended'>): readonly CompiledQuery[] {
    const ended = this.#tables
      .updateTable('calls')
      .set({ transfer_status: status })
      .where('call_sid', '=', callSid)
      .compile();
    return [ended];
  }

  /** What was never answered gets a record too: one of how it ended. */
  #dialNews(news: DialNews): readonly CompiledQuery[] {
    const { atWallMs, callSid, status } = news;
    const statements = newsStatements(this.#tables, news);
    const reason = END_REASONS[status];
    if (reason === undefined) return statements;
    const record = recordStatement(this.#tables, news, this.#options.nodeId);
    return [
      ...statements,
      record,
      ...this.#finish({ kind: 'finish', callSid, attempt: 0, reason, atWallMs }),
    ];
  }

  #finish(write: WriteOf<'finish'>): readonly CompiledQuery[] {
    const { callSid, attempt, reason, atWallMs } = write;
    const finish = this.#tables
      .updateTable('calls')
      .set({ end_reason: reason, ended_at_wall_ms: atWallMs, updated_at_wall_ms: atWallMs })
      .where('call_sid', '=', callSid)
      .where('attempt', '=', attempt)
      // The first reason stands, but for what others presumed of us while we could not reach the database.
      .where((row) => row.or([row('end_reason', 'is', null), row('end_reason', '=', PRESUMED)]))
      .compile();
    if (!this.#options.keepsResults) return [finish];
    const delayMs = FINAL_REASONS.includes(reason) ? SETTLE_MS : RETURN_GRACE_MS;
    const ended = this.#callOf(write, ['end_reason', '=', reason]);
    const nowWallMs = this.#options.wallMs();
    const settleMs = nowWallMs - atWallMs > SETTLE_MS ? BACKLOG_SETTLE_MS : SETTLE_MS;
    return [finish, this.#enqueue(ended, atWallMs + delayMs, nowWallMs + settleMs)];
  }

  #flow({ hash, name, text: flowText, atWallMs }: WriteOf<'flow'>): readonly CompiledQuery[] {
    const keep = this.#tables
      .insertInto('flows')
      .values({ hash, name, text: flowText, kept_at_wall_ms: atWallMs })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .compile();
    return [keep];
  }

  /** Whoever listens is told once it is committed, and nothing is kept of it. PostgreSQL only. */
  tell(channel: string, text: string): CompiledQuery {
    return sql`select pg_notify(${channel}, ${text})`.compile(this.#tables);
  }

  #hangUp({ callSid }: WriteOf<'hang-up'>): readonly CompiledQuery[] {
    const { hangUpChannel } = this.#options;
    if (hangUpChannel !== null) return [this.tell(hangUpChannel, callSid)];
    const keep = this.#tables
      .insertInto('hang_ups')
      .values({ call_sid: callSid })
      .onConflict((conflict) => conflict.column('call_sid').doNothing());
    return [keep.compile()];
  }

  /** One result a call, whatever comes twice; one that waits is due when the last end says, and not tried before then. */
  #enqueue(
    calls: ReturnType<typeof selectCallSids>,
    dueAtWallMs: number,
    tryAtWallMs: number,
  ): CompiledQuery {
    return this.#tables
      .insertInto('outbox')
      .columns(['call_sid', 'due_at_wall_ms', 'state', 'tries', 'is_aside', 'try_at_wall_ms'])
      .expression(
        calls.select([
          integer(dueAtWallMs).as('due_at_wall_ms'),
          text('waiting').as('state'),
          integer(0).as('tries'),
          integer(0).as('is_aside'),
          integer(tryAtWallMs).as('try_at_wall_ms'),
        ]),
      )
      .onConflict((conflict) =>
        conflict
          .column('call_sid')
          .doUpdateSet((row) => ({
            due_at_wall_ms: row.ref('excluded.due_at_wall_ms'),
            try_at_wall_ms: row.ref('excluded.try_at_wall_ms'),
          }))
          .where('outbox.state', '=', 'waiting')
          .where('outbox.tries', '=', 0),
      )
      .compile();
  }

  #callOf(
    { callSid, attempt }: { readonly callSid: string; readonly attempt: number },
    [column, is, reason]: ['end_reason', 'is' | '=', EndReason | null],
  ) {
    return selectCallSids(this.#tables)
      .where('call_sid', '=', callSid)
      .where('attempt', '=', attempt)
      .where(column, is, reason);
  }
}

function selectCallSids(tables: Kysely<Tables>) {
  return tables.selectFrom('calls').select('call_sid');
}
