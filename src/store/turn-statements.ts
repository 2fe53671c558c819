/** One question of a call and its playout ledger, as statements; they change nothing where the call's attempt is another by now. */
import type { CompiledQuery, Kysely } from 'kysely';
import type { TurnRecord } from '../channel/store-messages.ts';
import { QueryTemplate } from './query-template.ts';
import type { Tables } from './schema.ts';
import { integer, text, toText } from './sql-values.ts';

type OfCall = { readonly callSid: string; readonly attempt: number; readonly listenId: number };
type TurnValues = OfCall &
  Pick<TurnRecord, 'nodeId' | 'askedAtWallMs' | 'answeredAtWallMs' | 'how' | 'heard'> & {
    readonly value: string | null;
  };
type LedgerValues = OfCall & TurnRecord['playout'];

export class TurnStatements {
  readonly #turn: QueryTemplate<TurnValues>;
  readonly #ledger: QueryTemplate<LedgerValues>;

  constructor(tables: Kysely<Tables>) {
    const callOf = ({ callSid, attempt }: OfCall) =>
      tables.selectFrom('calls').where('call_sid', '=', callSid).where('attempt', '=', attempt);
    this.#turn = new QueryTemplate((turn) =>
      tables
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
          callOf(turn).select([
            'call_sid',
            integer(turn.listenId).as('listen_id'),
            text(turn.nodeId).as('flow_node'),
            integer(turn.askedAtWallMs).as('asked_at_wall_ms'),
            integer(turn.answeredAtWallMs).as('answered_at_wall_ms'),
            text(turn.how).as('how'),
            text(turn.heard).as('heard'),
            text(turn.value).as('value'),
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
        .compile(),
    );
    this.#ledger = new QueryTemplate((ledger) =>
      tables
        .insertInto('playout')
        .columns(['call_sid', 'listen_id', 'sent_ms', 'heard_ms', 'answer_began_at_wall_ms'])
        .expression(
          callOf(ledger).select([
            'call_sid',
            integer(ledger.listenId).as('listen_id'),
            integer(ledger.sentMs).as('sent_ms'),
            integer(ledger.heardMs).as('heard_ms'),
            integer(ledger.answerBeganAtWallMs).as('answer_began_at_wall_ms'),
          ]),
        )
        .onConflict((conflict) =>
          conflict.columns(['call_sid', 'listen_id']).doUpdateSet((row) => ({
            sent_ms: row.ref('excluded.sent_ms'),
            heard_ms: row.ref('excluded.heard_ms'),
            answer_began_at_wall_ms: row.ref('excluded.answer_began_at_wall_ms'),
          })),
        )
        .compile(),
    );
  }

  of(
    { callSid, attempt }: { readonly callSid: string; readonly attempt: number },
    turn: TurnRecord,
  ): readonly CompiledQuery[] {
    const { listenId, nodeId, askedAtWallMs, answeredAtWallMs, how } = turn;
    const call = { callSid, attempt, listenId };
    const heard = turn.heard === null ? null : toText(turn.heard);
    const value = turn.value === null ? null : JSON.stringify(turn.value);
    return [
      this.#turn.fill({ ...call, nodeId, askedAtWallMs, answeredAtWallMs, how, heard, value }),
      this.#ledger.fill({ ...call, ...turn.playout }),
    ];
  }
}
