/** The tables as Kysely types them. Every column is a scalar that any engine binds: JSON is text, times are wall ms. */
export interface CallsTable {
  readonly call_sid: string;
  /** The fencing number: a write that names another one changes nothing. */
  attempt: number;
  readonly from_number: string;
  readonly to_number: string;
  readonly flow_hash: string;
  readonly started_at_wall_ms: number;
  /** Of the last write; when a process died, the best guess of the call's end. */
  updated_at_wall_ms: number;
  ended_at_wall_ms: number | null;
  end_reason: string | null;
  outcome: string | null;
  /** JSON. */
  answers: string;
  /** JSON of the flow's state, or null before the first commit. */
  state: string | null;
  /** Of the process that has the call, or had it last. */
  node_id: string;
  /** Of the `begin` that made this attempt. */
  claim: string;
  readonly direction: string;
  /** How often the call came back on a new stream. */
  resumes: number;
  /** Whom it is to be put through to; null: nobody. */
  transfer_to: string | null;
  /** JSON of the whole order, and how it went in the carrier's word; null: there was none, or it is not known. */
  transfer: string | null;
  transfer_status: string | null;
}

/** Outbound calls, from the wish for one on. `Dial` of the channel says more. */
export interface DialsTable {
  readonly dial_id: string;
  readonly to_number: string;
  readonly from_number: string;
  readonly flow_hash: string;
  /** JSON. */
  readonly variables: string;
  readonly machine_detection: string;
  readonly asked_at_wall_ms: number;
  readonly until_wall_ms: number;
  try_at_wall_ms: number;
  updated_at_wall_ms: number;
  status: string;
  status_rank: number;
  call_sid: string | null;
  answered_by: string | null;
  failure: string | null;
}

export interface DoNotCallTable {
  /** E.164. */
  readonly number: string;
  readonly added_at_wall_ms: number;
  /** In which it was asked for; null: somebody here put it down. */
  readonly call_sid: string | null;
}

/** One question, once. `TurnRecord` of the channel says more. */
export interface TurnsTable {
  readonly call_sid: string;
  readonly listen_id: number;
  readonly flow_node: string;
  readonly asked_at_wall_ms: number;
  readonly answered_at_wall_ms: number | null;
  readonly how: string | null;
  readonly heard: string | null;
  /** JSON. */
  readonly value: string | null;
}

/** The playout ledger, a row beside each turn. */
export interface PlayoutTable {
  readonly call_sid: string;
  readonly listen_id: number;
  readonly sent_ms: number;
  readonly heard_ms: number;
  readonly answer_began_at_wall_ms: number | null;
}

export interface FlowsTable {
  /** SHA-256 of the text. */
  readonly hash: string;
  readonly name: string;
  readonly text: string;
  readonly kept_at_wall_ms: number;
}

/** Results on their way out, and what became of them. The body is the call's row. */
export interface OutboxTable {
  readonly call_sid: string;
  /** When the call could not come back any more: the order of delivery. */
  due_at_wall_ms: number;
  /** `waiting`, `delivered` or `given up`. */
  state: string;
  tries: number;
  /** 1: the receiver takes others but not this one; it is tried on its own time, and nobody waits behind it. */
  is_aside: number;
  try_at_wall_ms: number;
  last_failure: string | null;
  settled_at_wall_ms: number | null;
}

/** Work that one node at a time does. */
export interface LeasesTable {
  readonly name: string;
  holder: string;
  until_wall_ms: number;
}

/** A row for each process that shares the database. Times are the database's own. */
export interface NodesTable {
  readonly node_id: string;
  readonly url: string;
  readonly started_at_wall_ms: number;
  seen_at_wall_ms: number;
  live_calls: number;
  is_draining: number;
}

/** Calls that somebody wants ended, in a file that a server has open; it looks, and takes them out. */
export interface HangUpsTable {
  readonly call_sid: string;
}

export interface Tables {
  readonly calls: CallsTable;
  readonly turns: TurnsTable;
  readonly playout: PlayoutTable;
  readonly flows: FlowsTable;
  readonly outbox: OutboxTable;
  readonly leases: LeasesTable;
  readonly dials: DialsTable;
  readonly do_not_call: DoNotCallTable;
  readonly nodes: NodesTable;
  /** SQLite only. */
  readonly hang_ups: HangUpsTable;
}
