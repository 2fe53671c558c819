/** What a live call is given: the worker pool and the directory as it sees them, and what all calls share. I/O thread. */
import type { CallId, CallNote, EndReason, ToCall } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { RecordFiles } from '../recordings/record-files.ts';
import type { CallStore } from '../store/call-store.ts';
import type { DialStore } from '../store/dial-store.ts';
import type { LiveCall } from './live-call.ts';
import type { OnPlaced } from './placement-queue.ts';
import type { EarlierStream } from './stream-record.ts';

/** The worker pool as a call sees it. */
export interface CallPlacement {
  /** `alone`: on a worker that no other call is on. Told at once, or within a bounded time, unless released before. */
  place(callId: CallId, how: 'shared' | 'alone', onPlaced: OnPlaced): void;
  post(message: ToCall): void;
  release(callId: CallId): void;
}

/** A call went on, on another worker or made anew on its own. */
export interface CallMove {
  readonly how: 'move' | 'isolate' | 'remake';
  readonly workerId: number | null;
  /** From the decision that it had to, to its new beginning. */
  readonly durationMs: number;
}

/** The directory as a call sees it. */
export interface CallRegister {
  /** The call's other streams of older attempts end; false when a newer one has begun. */
  takeOver(call: LiveCall): boolean;
  /** What the call's last ended stream in this process left; null if it had none here. */
  lastEnd(callSid: string): EarlierStream | null;
  ended(call: LiveCall, reason: EndReason): void;
  noted(callSid: string, note: CallNote): void;
  moved(callSid: string, move: CallMove): void;
}

export interface LiveCallSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: CallStore;
  readonly workers: CallPlacement;
  /** Every call is recorded from its start; absent: it is, where there are recordings. */
  readonly recordsAll?: boolean;
  /** Where both legs of calls are kept, if they are. */
  readonly recordings?: Pick<RecordFiles, 'open'> | null;
  /** Outbound calls; absent: there are none. */
  readonly dials?: Pick<DialStore, 'dialOfCall'>;
  /** Hash of the flow that answers this number. */
  readonly flowHashOf: (calledNumber: string) => string;
  /** An account that every stream must be of, or null. */
  readonly accountSid: string | null;
  /** The goodbye of last resort. */
  readonly apologyKey: string;
  /** Said while a call waits for a worker. */
  readonly fillerKey: string;
  /** `codec-rate` of what the stream plays. */
  readonly playFormat: string;
}
