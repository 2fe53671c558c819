/**
 * Between the I/O thread and the thread that writes recordings: files in order, their bytes in chunks of about a second.
 * Towards the thread they are batched once a tick (`port.ts`).
 */
import type { ErrorRecord } from '../errors.ts';

/** `wav`: two channels of mu-law at 8 kHz, left and right in turn. `lines`: text, a line each. */
export type RecordKind = 'wav' | 'lines';

/** `workerData` of the thread. */
export interface RecordWorkerStart {
  /** Absolute; it exists and can be written. No other server writes there. */
  readonly folder: string;
  /** What is older is removed. */
  readonly keepDays: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logPii: boolean;
}

/** `fileId`: never used twice in a process. */
export type ToRecordThread =
  /** What lies there unfinished, and is not written by this thread, was left by a process that died. */
  | { readonly kind: 'recover' }
  | { readonly kind: 'open'; readonly fileId: number; readonly name: string; readonly of: RecordKind }
  /** The first `length` bytes of a transferred buffer. */
  | { readonly kind: 'chunk'; readonly fileId: number; readonly bytes: ArrayBuffer; readonly length: number }
  | { readonly kind: 'finish'; readonly fileId: number; readonly isComplete: boolean }
  /** Finishes what is open as incomplete, and ends the thread. */
  | { readonly kind: 'close' };

export interface ToRecordWorker {
  readonly kind: 'batch';
  readonly messages: readonly ToRecordThread[];
}

export type FromRecordThread =
  /** So many bytes of chunks wait no more, whatever became of them. */
  | { readonly kind: 'written'; readonly bytes: number }
  /** The file has its name. */
  | { readonly kind: 'finished'; readonly fileId: number }
  /** The file is as complete as it will be; what comes for it is dropped. */
  | { readonly kind: 'failed'; readonly fileId: number; readonly error: ErrorRecord };
