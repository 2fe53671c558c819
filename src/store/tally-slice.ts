/**
 * Some hundred calls of a day, counted: outcomes, turns, and the steps from node to node. A slice, since a whole day would
 * hold up every commit for a second where the engine does one thing at a time. Store thread.
 */
import { type Kysely, sql } from 'kysely';
import type { TallySlice, TallySpan, TallyStep } from '../channel/store-messages.ts';
import type { Tables } from './schema.ts';

export async function tallySlice(tables: Kysely<Tables>, span: TallySpan): Promise<TallySlice> {
  const calls = await callsOf(tables, span);
  const last = calls.at(-1);
  if (last === undefined) return { outcomes: {}, turns: 0, steps: [], next: null };
  const callSids = calls.map((call) => call.call_sid);
  const outcomes: Record<string, number> = {};
  for (const { end_reason, outcome } of calls) {
    const name = outcome ?? end_reason;
    if (name !== null) outcomes[name] = (outcomes[name] ?? 0) + 1;
  }
  return {
    outcomes,
    turns: await turnCount(tables, callSids),
    steps: await stepsOf(tables, callSids),
    next:
      calls.length < span.limit ? null : { startedAtWallMs: last.started_at_wall_ms, callSid: last.call_sid },
  };
}

function callsOf(tables: Kysely<Tables>, { after, limit, sinceWallMs, untilWallMs }: TallySpan) {
  const fromWallMs = after === null ? sinceWallMs : Math.max(sinceWallMs, after.startedAtWallMs);
  let query = tables
    .selectFrom('calls')
    .select(['call_sid', 'started_at_wall_ms', 'outcome', 'end_reason'])
    .where('started_at_wall_ms', '>=', fromWallMs)
    .where('started_at_wall_ms', '<', untilWallMs)
    .orderBy('started_at_wall_ms')
    .orderBy('call_sid')
    .limit(limit);
  if (after !== null)
    query = query.where((row) =>
      row.or([row('started_at_wall_ms', '>', after.startedAtWallMs), row('call_sid', '>', after.callSid)]),
    );
  return query.execute();
}

async function turnCount(tables: Kysely<Tables>, callSids: readonly string[]): Promise<number> {
  const { turns } = await tables
    .selectFrom('turns')
    .select((row) => row.fn.countAll<number | string>().as('turns'))
    .where('call_sid', 'in', callSids)
    .where('how', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(turns);
}

/** Of a question that was asked again after no answer, only the last time leads on. */
async function stepsOf(tables: Kysely<Tables>, callSids: readonly string[]): Promise<TallyStep[]> {
  const ofCall = sql`over (partition by turns.call_sid order by turns.listen_id)`;
  const rows = await tables
    .with('steps', (query) =>
      query
        .selectFrom('turns')
        .innerJoin('calls', 'calls.call_sid', 'turns.call_sid')
        .where('turns.call_sid', 'in', callSids)
        .select([
          'turns.call_sid',
          'calls.flow_hash',
          'turns.flow_node',
          sql<string | null>`lag(turns.flow_node) ${ofCall}`.as('from_node'),
          sql<number>`case when lag(turns.value) ${ofCall} is null then 0 else 1 end`.as('was_answered'),
        ]),
    )
    .selectFrom('steps')
    .where((row) =>
      row.or([
        row('from_node', 'is', null),
        row('was_answered', '=', 1),
        row('from_node', '!=', row.ref('flow_node')),
      ]),
    )
    .select(['flow_hash', 'from_node', 'flow_node', 'was_answered'])
    .select((row) => row.fn.count<number | string>('call_sid').distinct().as('calls'))
    .groupBy(['flow_hash', 'from_node', 'flow_node', 'was_answered'])
    .execute();
  return rows.map((row) => ({
    flowHash: row.flow_hash,
    from: row.from_node,
    to: row.flow_node,
    wasAnswered: row.was_answered === 1,
    calls: Number(row.calls),
  }));
}
