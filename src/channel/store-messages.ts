/**
 * What crosses to and from the store thread. The I/O thread makes it with `StoreWorkerStart` and hands it one port a
 * client; on such a port every request gets exactly one answer, in whatever order the store finished them.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorRecord } from '../errors.ts';
import type { EndReason } from './messages.ts';

export interface StoreWorkerStart {
  /** Absolute path of the SQLite file; its folder must exist. */
  readonly path: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logPii: boolean;
  /** A call of a dead process may come back for this long after its begin; then it is marked as lost. */
  readonly callLifeMs: number;
}

/** I/O thread -> store thread, on its own port. */
export type ToStoreThread =
  | { readonly kind: 'store.client'; readonly port: MessagePort }
  /** Write what waits, close the file, exit. */
  | { readonly kind: 'store.close' };

/** Store thread -> I/O thread, on its own port. `store.failed` comes before an exit. */
export type FromStoreThread =
  | { readonly kind: 'store.ready'; readonly engine: string; readonly abandonedCalls: number }
  | { readonly kind: 'store.failed'; readonly error: ErrorRecord };

/** One thing to be written. All that arrive in a tick are one transaction. */
export type StoreWrite =
  | {
      readonly kind: 'begin';
      readonly callSid: string;
      readonly attempt: number;
      readonly from: string;
      readonly to: string;
      readonly flowHash: string;
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
      readonly atWallMs: number;
    }
  | {
      readonly kind: 'finish';
      readonly callSid: string;
      readonly attempt: number;
      readonly reason: EndReason;
      readonly atWallMs: number;
    };

export type StoreRead =
  | { readonly kind: 'load'; readonly callSid: string }
  | { readonly kind: 'list'; readonly limit: number };

/** Client -> store thread. */
export interface StoreRequest {
  readonly id: number;
  readonly ask: StoreWrite | StoreRead;
}

/** Store thread -> client. `value`: `begun` or `fenced` for a begin, a record or null for a load, records for a list. */
export type StoreAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorRecord };
