/** One question of a call and its playout ledger, as statements; they change nothing where the call's attempt is another by now. */
import type { CompiledQuery, Kysely } from 'kysely';
import type { TurnRecord } from '../channel/store-messages.ts';
import type { Tables } from './schema.ts';
import { integer, text, toText } from './sql-values.ts';

export function turnStatements(
  tables: Kysely<Tables>,
  write: { readonly callSid: string; readonly attempt: number },
  turn: TurnRecord,
): readonly CompiledQuery[] {
  const { listenId, playout } = turn;
  const value = turn.value === null ? null : JSON.stringify(turn.value);
  const heard = turn.heard === null ? null : toText(turn.heard);
  const call = tables
    .selectFrom('calls')
    .where('call_sid', '=', write.callSid)
    .where('attempt', '=', write.attempt);
  const kept = tables
    .insertInto('turns')
    .columns([
      'call_sid',
      'listen_id',
      'flow_node',
      'asked_at_wall_ms',
      'answered_at_wall_ms',
      'how',
      'heard',
      'value',
    ])
    .expression(
      call.select([
        'call_sid',
        integer(listenId).as('listen_id'),
        text(turn.nodeId).as('flow_node'),
        integer(turn.askedAtWallMs).as('asked_at_wall_ms'),
        integer(turn.answeredAtWallMs).as('answered_at_wall_ms'),
        text(turn.how).as('how'),
        text(heard).as('heard'),
        text(value).as('value'),
      ]),
    )
    .onConflict((conflict) =>
      conflict.columns(['call_sid', 'listen_id']).doUpdateSet((row) => ({
        answered_at_wall_ms: row.ref('excluded.answered_at_wall_ms'),
        how: row.ref('excluded.how'),
        heard: row.ref('excluded.heard'),
        value: row.ref('excluded.value'),
      })),
    )
    .compile();
  const ledger = tables
    .insertInto('playout')
    .columns(['call_sid', 'listen_id', 'sent_ms', 'heard_ms', 'answer_began_at_wall_ms'])
    .expression(
      call.select([
        'call_sid',
        integer(listenId).as('listen_id'),
        integer(playout.sentMs).as('sent_ms'),
        integer(playout.heardMs).as('heard_ms'),
        integer(playout.answerBeganAtWallMs).as('answer_began_at_wall_ms'),
      ]),
    )
    .onConflict((conflict) =>
      conflict.columns(['call_sid', 'listen_id']).doUpdateSet((row) => ({
        sent_ms: row.ref('excluded.sent_ms'),
        heard_ms: row.ref('excluded.heard_ms'),
        answer_began_at_wall_ms: row.ref('excluded.answer_began_at_wall_ms'),
      })),
    )
    .compile();
  return [kept, ledger];
}
