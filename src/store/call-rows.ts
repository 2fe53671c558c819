/** Rows as the rest of Trunkline knows them. */
import type { EndReason, Transfer } from '../channel/messages.ts';
import type { CallDirection, TurnHow, TurnRecord } from '../channel/store-messages.ts';
import { StoreError } from '../errors.ts';
import type { CallRecord, CallTurn, KeptCall } from './call-store.ts';
import type { CallsTable, PlayoutTable, TurnsTable } from './schema.ts';

/** Throws StoreError for a row that holds no JSON where it should. */
export function toKeptCall(row: CallsTable): KeptCall {
  try {
    return {
      callSid: row.call_sid,
      attempt: row.attempt,
      from: row.from_number,
      to: row.to_number,
      flowHash: row.flow_hash,
      startedAtWallMs: row.started_at_wall_ms,
      endedAtWallMs: row.ended_at_wall_ms,
      endReason: row.end_reason as EndReason | null,
      outcome: row.outcome,
      answers: JSON.parse(row.answers) as CallRecord['answers'],
      transfer: toTransfer(row),
      transferStatus: row.transfer_status,
      state: row.state === null ? null : (JSON.parse(row.state) as unknown),
      direction: row.direction as CallDirection,
      nodeId: row.node_id,
      resumes: row.resumes,
      updatedAtWallMs: row.updated_at_wall_ms,
    };
  } catch (cause) {
    throw new StoreError(`Expected JSON in the record of ${row.call_sid}`, { cause });
  }
}

/** How long it rings where that was not kept: as before it could be said. */
const RING_SECONDS = 30;

function toTransfer({ transfer, transfer_to: to }: CallsTable): Transfer | null {
  if (transfer !== null) return JSON.parse(transfer) as Transfer;
  return to === null ? null : { to, whisper: '', ringSeconds: RING_SECONDS };
}

type TurnRow = TurnsTable & { readonly [Column in 'sent_ms' | 'heard_ms']: number | null } & Pick<
    PlayoutTable,
    'answer_began_at_wall_ms'
  >;

/** Throws StoreError for a value that is no JSON. */
export function toTurn(row: TurnRow): CallTurn {
  try {
    return {
      listenId: row.listen_id,
      nodeId: row.flow_node,
      askedAtWallMs: row.asked_at_wall_ms,
      answeredAtWallMs: row.answered_at_wall_ms,
      how: row.how as TurnHow | null,
      heard: row.heard,
      value: row.value === null ? null : (JSON.parse(row.value) as TurnRecord['value']),
      playout: {
        sentMs: row.sent_ms ?? 0,
        heardMs: row.heard_ms ?? 0,
        answerBeganAtWallMs: row.answer_began_at_wall_ms,
      },
    };
  } catch (cause) {
    throw new StoreError(`Expected JSON in a turn of ${row.call_sid}`, { cause });
  }
}
