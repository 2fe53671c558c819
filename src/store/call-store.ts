/**
 * Where calls are kept. `commit` is on the path of every turn: next actions exist only as its result, so nothing is
 * said to a caller that a crash could forget. One implementation for each engine.
 */
import type { EndReason, Transfer } from '../channel/messages.ts';
import type { CallDirection, CallFilter, TurnRecord } from '../channel/store-messages.ts';

/**
 * So long a commit may hold a call up; then it is answered as `deferred`, and the call goes on. What a caller does not notice as a
 * pause between an answer and the next question.
 */
export const COMMIT_WAIT_MAX_MS = 250;

/** `durable`: survives `kill -9` and power loss. `deferred`: kept in memory, written in order when the store answers again. */
export type CommitResult = 'durable' | 'deferred';

export interface CallRecord {
  readonly callSid: string;
  readonly direction: CallDirection;
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
  /** Whom the flow has it put through to, committed with the state that says so; null: nobody. */
  readonly transfer: Transfer | null;
  /** How that went, in the carrier's word; null: there was none, or it is not over. */
  readonly transferStatus: string | null;
  /** The last committed state of the flow, or null before the first. */
  readonly state: unknown;
}

/** A record with what only people and reports ask for. */
export interface KeptCall extends CallRecord {
  /** The process that has the call, or had it last. */
  readonly nodeId: string;
  /** How often it came back on a new stream. */
  readonly resumes: number;
  /** Of the last write. */
  readonly updatedAtWallMs: number;
}

/** One question of a call, and what of it was heard. Holds the caller's words: not for the log. */
export type CallTurn = TurnRecord;

/** A call without an end, and where it is. */
export interface LiveCallPlace {
  readonly callSid: string;
  readonly attempt: number;
  readonly from: string;
  readonly to: string;
  readonly nodeId: string;
  /** Null where the node has told nobody of itself: a single node, or a dead one. */
  readonly nodeUrl: string | null;
  readonly startedAtWallMs: number;
}

/** A node as its heartbeats show it. Times are the database's. */
export interface NodeSeen {
  readonly nodeId: string;
  readonly url: string;
  readonly startedAtWallMs: number;
  readonly seenAtWallMs: number;
  /** How long ago that was; of a node that lives, some 2 s at most. */
  readonly unseenMs: number;
  readonly liveCalls: number;
  readonly isDraining: boolean;
}

/** What a commit keeps beside the state. */
export interface Decided {
  readonly outcome: string | null;
  readonly answers: CallRecord['answers'];
  /** What comes after the state's last words, where that is a transfer. */
  readonly transfer?: Transfer;
  /** The caller wants no more calls: their number goes on the do-not-call list in the same transaction. */
  readonly optsOut?: boolean;
  /** The turn that this state closed; in the same transaction. */
  readonly turn?: TurnRecord;
}

export interface NewCall {
  readonly callSid: string;
  readonly attempt: number;
  readonly from: string;
  readonly to: string;
  readonly flowHash: string;
  /** Default `inbound`. */
  readonly direction?: CallDirection;
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
    decided: Decided,
    /** How often the call was made anew within this attempt: a commit of a worker that has lost the call changes nothing. */
    move?: number,
  ): Promise<CommitResult>;
  /** Writes the end, of now or of `atWallMs`. Idempotent: the first reason of an attempt stands. */
  finish(callSid: string, attempt: number, reason: EndReason, atWallMs?: number): Promise<CommitResult>;
  load(callSid: string): Promise<CallRecord | null>;
  /** Newest first. */
  list(limit: number, filter?: CallFilter): Promise<readonly CallRecord[]>;
  /** In the order in which they were asked. */
  turnsOf(callSid: string): Promise<readonly CallTurn[]>;
  /** Keeps a flow's text by its hash, once; a call that comes back later goes on with it. */
  putFlow(flow: {
    readonly hash: string;
    readonly name: string;
    readonly text: string;
  }): Promise<CommitResult>;
  /** The text of the flow with this hash; null if none was kept. */
  loadFlow(hash: string): Promise<string | null>;
  /** Calls without an end, on all nodes that share the store, oldest first. */
  liveCalls(limit: number): Promise<readonly LiveCallPlace[]>;
  /** Those that share the store, dead ones of the last day included; none where there is but one. */
  nodes(): Promise<readonly NodeSeen[]>;
  close(): Promise<void>;
}
