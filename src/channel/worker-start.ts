/**
 * What a worker is given when it is made (`workerData`), and the shared memory by which the I/O thread sees that it lives.
 * Ports are transferred; the rest is cloned.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorRecord } from '../errors.ts';
import type { FromCall, ToCall } from './messages.ts';
import type { SpeechSettings } from './speech-settings.ts';
import type { TracePortStart } from './trace-messages.ts';
import type { VendorCounts, VendorHealth } from './vendor-messages.ts';

/**
 * Cells of a call worker's health memory, an Int32Array over a SharedArrayBuffer of `HEALTH_CELLS` cells.
 * The worker adds 1 to `beat` every 200 ms and at each message; `callId` is the call it is serving now, 0 between calls.
 */
export const HEALTH = { beat: 0, callId: 1 } as const;
export const HEALTH_CELLS = 4;

export interface CallWorkerStart {
  readonly workerIndex: number;
  readonly health: SharedArrayBuffer;
  /** To the store thread. */
  readonly storePort: MessagePort;
  /** To the voice thread; carries `PromptWanted` only. */
  readonly voicePort: MessagePort;
  /** The loaded flows as plain data (`FlowSet` of `flow/`): the channel does not know their shape. */
  readonly flows: unknown;
  /** Keys of prompts that the registry already holds. */
  readonly readyPromptKeys: readonly string[];
  readonly settings: CallWorkerSettings;
  /** Absent: nobody asks how the worker does. */
  readonly telemetry?: WorkerTelemetry;
}

export interface WorkerTelemetry {
  /** Of this thread (`meter/`). A worker that takes another's place goes on with its counts. */
  readonly meter: SharedArrayBuffer;
  /** Null: calls are not traced. */
  readonly trace: TracePortStart | null;
}

export interface CallWorkerSettings {
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logPii: boolean;
  readonly speech: SpeechSettings;
}

/** I/O thread -> worker: the tick's messages in one post. */
export interface ToWorker {
  readonly kind: 'batch';
  readonly messages: readonly ToCall[];
}

/** Worker -> I/O thread. `worker.ready` comes once, after imports and warm-up; `worker.failed` before an exit. */
export type FromWorker =
  | { readonly kind: 'worker.ready' }
  | { readonly kind: 'worker.failed'; readonly error: ErrorRecord }
  | VendorCounts
  | VendorHealth
  | { readonly kind: 'batch'; readonly messages: readonly FromCall[] };
