/**
 * What crosses to and from the store thread. The I/O thread makes it with `StoreWorkerStart` and hands it one port a
 * client; on such a port every request gets exactly one answer, in whatever order the store finished them.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorRecord } from '../errors.ts';
import type { DialNews, NewDial } from './dial-messages.ts';
import type { EndReason, Transfer } from './messages.ts';

export interface StoreWorkerStart {
  /** Absolute path of the SQLite file; its folder must exist. Not used where `database` names a server. */
  readonly path: string;
  /** PostgreSQL instead of the file. */
  readonly database?: DatabaseStart | null;
  /** Names this process in the records; absent: a name of its own is made. */
  readonly nodeId?: string;
  /** Where other nodes and people reach this one; shown beside its calls. */
  readonly nodeUrl?: string;
  /** Results of finished calls go there; null or absent: nowhere, and none are kept for it. */
  readonly results?: ResultsStart | null;
  /** Places outbound calls; null or absent: none are placed here. */
  readonly dialing?: DialingStart | null;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logPii: boolean;
  /** A call of a dead process may come back for this long after its begin; then it is marked as lost. */
  readonly callLifeMs: number;
  /** Records of calls that ended longer ago are removed; null or absent: they are kept. */
  readonly keepDays?: number | null;
  /** Of this thread (`meter/`). */
  readonly meter?: SharedArrayBuffer;
}

export interface DatabaseStart {
  /** `postgres:` with user and password: a secret. */
  readonly url: string;
  /** Connections at most, the one that listens for messages aside. */
  readonly poolMax: number;
}

export interface DialingStart {
  readonly accountSid: string;
  /** A secret. */
  readonly authToken: string;
  /** The carrier's REST API, without a trailing slash. */
  readonly baseUrl: string;
  /** Where the carrier reaches this server, without a trailing slash. */
  readonly publicUrl: string;
  /** New calls a second, at most. */
  readonly rateHz: number;
}

export interface ResultsStart {
  readonly url: string;
  /** Signs each result. */
  readonly secret: string;
}

/** I/O thread -> store thread, on its own port. */
export type ToStoreThread =
  | { readonly kind: 'store.client'; readonly port: MessagePort }
  /** What the next heartbeats say of this node. */
  | { readonly kind: 'store.node'; readonly liveCalls: number; readonly isDraining: boolean }
  /** So many more calls could be served here now. */
  | { readonly kind: 'store.room'; readonly calls: number }
  /** Write what waits, close the file, exit. */
  | { readonly kind: 'store.close' };

/** Store thread -> I/O thread, on its own port. `store.failed` comes before an exit. */
export type FromStoreThread =
  | { readonly kind: 'store.ready'; readonly engine: string; readonly abandonedCalls: number }
  /** Somebody, on this node or another, wants this call ended. Every node is told; it may be live on none. */
  | { readonly kind: 'store.hang-up'; readonly callSid: string }
  /** An answering machine has taken this call, on whichever node it is. */
  | { readonly kind: 'store.machine'; readonly callSid: string }
  /** When it changes: how the store is, over the writes of every thread. */
  | { readonly kind: 'store.health'; readonly health: StoreThreadHealth }
  | { readonly kind: 'store.failed'; readonly error: ErrorRecord };

export interface StoreThreadHealth {
  /** Writes that wait for longer than a commit holds a call up: they are not durable yet. */
  readonly lateWrites: number;
  /** Writes that were refused for good. */
  readonly refusedWrites: number;
}

/** How a question ended. */
export type TurnHow = 'speech' | 'digits' | 'no input' | 'not understood' | 'recognizer failed';

/**
 * One question as it was put to the caller, once, and what came of it; a re-prompt is a turn of its own. The call's last
 * words are one, too, to which nothing is said. A row by call and `listenId`: a later record of the same turn replaces it.
 */
export interface TurnRecord {
  /** The listen that it opened; of last words, the one that would have followed. */
  readonly listenId: number;
  /** Of the flow. */
  readonly nodeId: string;
  readonly askedAtWallMs: number;
  /** When what ended it was known; null for last words, and for a question that the call's end left open. */
  readonly answeredAtWallMs: number | null;
  readonly how: TurnHow | null;
  /** The caller's words or digits as they were understood; never logged. Null: none. */
  readonly heard: string | null;
  /** The answer that was read; null: none could be. */
  readonly value: string | number | boolean | null;
  /** The playout ledger: of the question's audio, what was sent and what of it was heard. */
  readonly playout: PlayoutRecord;
}

export interface PlayoutRecord {
  readonly sentMs: number;
  readonly heardMs: number;
  /** When the caller began to speak or pressed the first key; null: they did not. */
  readonly answerBeganAtWallMs: number | null;
}

/** One thing to be written. All that arrive in a tick are one transaction. */
export type StoreWrite =
  | {
      readonly kind: 'begin';
      readonly callSid: string;
      readonly attempt: number;
      readonly from: string;
      readonly to: string;
      readonly flowHash: string;
      readonly direction?: CallDirection;
      /**
       * Names this very request: when its commit's answer was lost and it is written again, it is known for itself and not
       * fenced by itself.
       */
      readonly claim?: string;
      readonly atWallMs: number;
    }
  | {
      readonly kind: 'commit';
      readonly callSid: string;
      readonly attempt: number;
      /** `CallStart.move` of the call that commits; 0 if absent. */
      readonly move?: number;
      /** JSON. */
      readonly state: string;
      readonly outcome: string | null;
      /** JSON. */
      readonly answers: string;
      /** Absent: it stays what it was. */
      readonly transfer?: Transfer;
      /** The caller wants no more calls: their number goes on the list. */
      readonly optsOut?: true;
      /** Turns that this state closed; in the same transaction. */
      readonly turns?: readonly TurnRecord[];
      readonly atWallMs: number;
    }
  | {
      readonly kind: 'finish';
      readonly callSid: string;
      readonly attempt: number;
      readonly reason: EndReason;
      readonly atWallMs: number;
    }
  /** Kept once for each hash. */
  | {
      readonly kind: 'flow';
      readonly hash: string;
      readonly name: string;
      readonly text: string;
      readonly atWallMs: number;
    }
  /** Tells every node, this one included; on an engine without nodes, this one. */
  | { readonly kind: 'hang-up'; readonly callSid: string }
  /** The same, of a call that a machine has taken; on an engine without nodes, nobody. */
  | { readonly kind: 'machine'; readonly callSid: string }
  /** How a transfer went, in the carrier's word. */
  | { readonly kind: 'transfer.ended'; readonly callSid: string; readonly status: string }
  /** Somebody is to be called. */
  | { readonly kind: 'dial'; readonly dial: NewDial }
  | { readonly kind: 'dial.news'; readonly news: DialNews };

export type CallDirection = 'inbound' | 'outbound';

/** Which calls; what is absent does not matter. */
export interface CallFilter {
  /** Begun then or later. */
  readonly sinceWallMs?: number;
  /** The flow's own word. */
  readonly outcome?: string;
  /** For the next page: only calls that come after this one, newest first. */
  readonly after?: CallPlace;
}

/** Where a call stands among all, in order of their begin. */
export interface CallPlace {
  readonly startedAtWallMs: number;
  readonly callSid: string;
}

/** Some of the calls that began in a span of time, in order of their begin: a day is counted slice by slice. */
export interface TallySpan {
  readonly sinceWallMs: number;
  /** Exclusive. */
  readonly untilWallMs: number;
  /** Where the slice before this one ended; null: the first. */
  readonly after: CallPlace | null;
  /** Calls in a slice. */
  readonly limit: number;
}

export interface TallySlice {
  /** By the flow's own word; of a call that ended undecided, the reason of its end. One that is on and undecided is in none. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Questions that were asked and that something came of. */
  readonly turns: number;
  readonly steps: readonly TallyStep[];
  /** Null: there are no more. */
  readonly next: CallPlace | null;
}

/** From one node that said something last, to the next. */
export interface TallyStep {
  readonly flowHash: string;
  /** Null: a call's first. */
  readonly from: string | null;
  readonly to: string;
  /** An answer was read at `from`. */
  readonly wasAnswered: boolean;
  readonly calls: number;
}

export type StoreRead =
  | { readonly kind: 'load'; readonly callSid: string }
  | { readonly kind: 'list'; readonly limit: number; readonly filter?: CallFilter }
  | { readonly kind: 'turns'; readonly callSid: string }
  | { readonly kind: 'flow.text'; readonly hash: string }
  /** Calls without an end, on all nodes. */
  | { readonly kind: 'live'; readonly limit: number }
  | { readonly kind: 'nodes' }
  | { readonly kind: 'dial.load'; readonly dialId: string }
  /** The outbound call that the carrier's came of. */
  | { readonly kind: 'dial.of'; readonly callSid: string }
  | { readonly kind: 'do-not-call'; readonly number: string }
  | { readonly kind: 'tally'; readonly span: TallySpan };

/** Client -> store thread. */
export interface StoreRequest {
  readonly id: number;
  readonly ask: StoreWrite | StoreRead;
}

/**
 * Store thread -> client. `value`: `begun` or `fenced` for a begin, a record or null for a load, records for a list, turns
 * for turns, a text or null for a flow's, live calls for `live`, nodes for `nodes`, a slice for a tally, a dial or null for one, true
 * where a number is on the do-not-call list.
 */
export type StoreAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorRecord };
