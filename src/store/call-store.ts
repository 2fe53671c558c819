/**
 * Where calls are kept. `commit` is on the path of every turn: next actions exist only as its result, so nothing is
 * said to a caller that a crash could forget. One implementation for each engine.
 */
import type { EndReason } from '../channel/messages.ts';

/** `durable`: survives `kill -9` and power loss. `deferred`: kept in memory, written in order when the store answers again. */
export type CommitResult = 'durable' | 'deferred';

export interface CallRecord {
  readonly callSid: string;
  readonly attempt: number;
  readonly from: string;
  readonly to: string;
  readonly flowHash: string;
  readonly startedAtWallMs: number;
  readonly endedAtWallMs: number | null;
  readonly endReason: EndReason | null;
  /** The flow's own word: `eligible`, `not-eligible`, `opt-out`; null while undecided. */
  readonly outcome: string | null;
  readonly answers: Readonly<Record<string, string | number | boolean>>;
  /** The last committed state of the flow, or null before the first. */
  readonly state: unknown;
}

export interface NewCall {
  readonly callSid: string;
  readonly attempt: number;
  readonly from: string;
  readonly to: string;
  readonly flowHash: string;
}

export interface CallStore {
  readonly engine: string;
  /** Makes or re-opens the call's record. `fenced` when this attempt, or a later one, has begun before: the stream must be closed. */
  begin(call: NewCall): Promise<'begun' | 'fenced'>;
  /** Keeps `state`. Resolves always, within 250 ms: `deferred` when the engine is slow or fails. */
  commit(
    callSid: string,
    attempt: number,
    state: unknown,
    decided: { outcome: string | null; answers: CallRecord['answers'] },
    /** How often the call was made anew within this attempt: a commit of a worker that has lost the call changes nothing. */
    move?: number,
  ): Promise<CommitResult>;
  /** Writes the end. Idempotent: the first reason of an attempt stands. */
  finish(callSid: string, attempt: number, reason: EndReason): Promise<CommitResult>;
  load(callSid: string): Promise<CallRecord | null>;
  /** Newest first. */
  list(limit: number): Promise<readonly CallRecord[]>;
  close(): Promise<void>;
}
