/**
 * What the trace thread is told: of calls and their turns, after they have ended. Names and times only, never a word, digit
 * or number of a caller. Points in time are wall-clock milliseconds, right among each other within one message.
 */
import type { MessagePort } from 'node:worker_threads';
import type { EndReason } from './messages.ts';
import type { TurnHow } from './store-messages.ts';

/** One stretch of a call on one stream and one worker: `CallStart`'s `attempt` and `move`. */
export interface TracedCallId {
  readonly callSid: string;
  readonly attempt: number;
  readonly move: number;
}

export interface Stretch {
  readonly fromWallMs: number;
  readonly toWallMs: number;
}

export interface TracedCall extends Stretch {
  readonly kind: 'call';
  readonly id: TracedCallId;
  readonly reason: EndReason;
  /** The flow's own word; null: it had not decided. */
  readonly outcome: string | null;
  readonly turns: number;
}

/** From the asking of a question to the first sound of what answers the caller. */
export interface TracedTurn extends Stretch {
  readonly kind: 'turn';
  readonly id: TracedCallId;
  /** From 0 within this stretch of the call. */
  readonly turnIndex: number;
  readonly nodeId: string;
  /** Null: the call's end left it open. */
  readonly how: TurnHow | null;
  /** Silence that was waited for before the speech counted as over; null: it was not answered by speech. */
  readonly endpointingMs: number | null;
  readonly transcribe: TracedTranscription | null;
  /** From the answer's being known to the next orders, the commit included; null: none came of it. */
  readonly step: (Stretch & { readonly isDurable: boolean }) | null;
  /** From the order of the next prompt to its first audio; null: none was heard. */
  readonly synthesize: Stretch | null;
}

export interface TracedTranscription extends Stretch {
  readonly provider: string;
  readonly isOk: boolean;
}

export type ToTraceThread = TracedCall | TracedTurn;

/** One end of a way to the trace thread, as a worker is given it. */
export interface TracePortStart {
  readonly port: MessagePort;
  /** An Int32Array of one cell: messages posted and not taken. */
  readonly untaken: SharedArrayBuffer;
}

/** I/O thread -> trace thread, on its own port. */
export type ToTraceWorker =
  | { readonly kind: 'trace.client'; readonly client: TracePortStart }
  /** Send what waits, then exit. */
  | { readonly kind: 'trace.close' };

/** `workerData` of the trace thread. */
export interface TraceWorkerStart {
  /** Where batches are posted, path included. */
  readonly url: string;
  /** Names and values that go with each request: secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly nodeId: string;
  /** Of this thread. */
  readonly meter: SharedArrayBuffer;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logPii: boolean;
}
