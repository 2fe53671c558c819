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
}

export interface Tables {
  readonly calls: CallsTable;
}
