/**
 * CallSid -> call, for this process: the streams that are open, which attempt was claimed last, and for two minutes after
 * its end what became of a call, so that `/voice/continue` can answer without asking the store. I/O thread.
 */
import type { CallId, CallNote, Disposition, EndReason, FromCall } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Admission, Caller, LiveCalls } from './admission.ts';
import type { CallStream, StreamHooks } from './call-stream.ts';
import { LiveCall } from './live-call.ts';
import type { CallMove, CallRegister, LiveCallSurroundings } from './live-call-surroundings.ts';
import type { EarlierStream } from './stream-record.ts';
import type { WorkerLoss } from './watched-worker.ts';

/** What became of a call's last ended stream here. */
export interface CallEnd {
  readonly attempt: number;
  readonly reason: EndReason;
  readonly disposition: Disposition | null;
  readonly state: unknown;
}

/** Watches calls: the demo, the board. Its errors are logged and touch no call. */
export interface CallObserver {
  onNote?(callSid: string, note: CallNote): void;
  /** The call went on from its last state, on another worker or made anew. */
  onMove?(callSid: string, move: CallMove): void;
  /** A stream of the call ended; the call may come back on another. */
  onEnd?(callSid: string, reason: EndReason): void;
}

interface Memory {
  /** Highest attempt whose token was used here. */
  claimedAttempt: number;
  end: (CallEnd & EarlierStream) | null;
  untilMs: number;
}

/** As long as a call that was lost may come back (RETURN_GRACE_MS of the store). */
const REMEMBER_MS = 2 * 60_000;
const REMEMBERED_MAX = 10_000;

export class CallDirectory implements CallRegister, LiveCalls {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #open = new Map<string, Set<LiveCall>>();
  readonly #byCallId = new Map<CallId, LiveCall>();
  /** In order of the last change. */
  readonly #memories = new Map<string, Memory>();
  readonly #observers = new Set<CallObserver>();
  #nextCallId = 1;

  constructor(options: { clock: Clock; log: Log }) {
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Calls with an open stream. */
  get liveCount(): number {
    return this.#open.size;
  }

  isLive(callSid: string): boolean {
    return this.#open.has(callSid);
  }

  /** Uses up a stream token. False when this attempt or a later one of the call was used before. */
  claim(callSid: string, attempt: number): boolean {
    const memory = this.#memories.get(callSid);
    if (memory !== undefined && attempt <= memory.claimedAttempt) return false;
    this.#remember(callSid, { claimedAttempt: attempt, end: memory?.end ?? null });
    return true;
  }

  /** The highest attempt claimed here, or -1. */
  claimedAttempt(callSid: string): number {
    return this.#memories.get(callSid)?.claimedAttempt ?? -1;
  }

  lastEnd(callSid: string): (CallEnd & EarlierStream) | null {
    return this.#memories.get(callSid)?.end ?? null;
  }

  /** A stream has come for a claimed attempt. From here on the call holds a slot by being live. */
  open(
    stream: { callSid: string; attempt: number; caller: Caller },
    around: LiveCallSurroundings,
    admission: Admission,
    openStream: (hooks: StreamHooks) => CallStream,
  ): LiveCall {
    const call = new LiveCall({ ...stream, callId: this.#nextCallId++ }, around, this);
    const others = this.#open.get(call.callSid);
    if (others === undefined) this.#open.set(call.callSid, new Set([call]));
    else others.add(call);
    this.#byCallId.set(call.callId, call);
    admission.release(call.callSid);
    try {
      call.attach(openStream);
    } catch (thrown) {
      call.end('call failed');
      throw thrown;
    }
    return call;
  }

  takeOver(call: LiveCall): boolean {
    const others = [...(this.#open.get(call.callSid) ?? [])];
    if (others.some((other) => other.attempt > call.attempt && other.hasBegun)) return false;
    for (const other of others) if (other.attempt < call.attempt) other.end('superseded');
    return true;
  }

  ended(call: LiveCall, reason: EndReason): void {
    this.#byCallId.delete(call.callId);
    const streams = this.#open.get(call.callSid);
    streams?.delete(call);
    if (streams?.size === 0) this.#open.delete(call.callSid);
    const known = this.#memories.get(call.callSid);
    if (known?.end == null || known.end.attempt <= call.attempt) {
      const { attempt, disposition } = call;
      // A stream that ended before it began knows no state; an earlier one's still stands.
      const state = call.state ?? known?.end?.state ?? null;
      const callBeganAtMs = call.callBeganAtMs ?? known?.end?.callBeganAtMs ?? null;
      const callWall = known?.end?.callWall ?? call.callWall;
      const end = { attempt, reason, disposition, state, callBeganAtMs, callWall };
      this.#remember(call.callSid, {
        claimedAttempt: Math.max(call.attempt, known?.claimedAttempt ?? -1),
        end,
      });
    }
    this.#tell((observer) => observer.onEnd?.(call.callSid, reason));
  }

  noted(callSid: string, note: CallNote): void {
    this.#tell((observer) => observer.onNote?.(callSid, note));
  }

  moved(callSid: string, move: CallMove): void {
    this.#tell((observer) => observer.onMove?.(callSid, move));
  }

  /** A message from a worker. One for a call that has ended is dropped. */
  receive(message: FromCall): void {
    this.#byCallId.get(message.callId)?.receive(message);
  }

  /** Calls whose worker was lost go on elsewhere; `suspect`, which it was serving, or 0, on a worker of its own. */
  workerLost(callIds: readonly CallId[], { suspect, decidedAtMs }: WorkerLoss): void {
    // The others first: to start a thread takes some ms.
    const inOrder = [...callIds.filter((callId) => callId !== suspect), suspect];
    for (const callId of inOrder) this.#byCallId.get(callId)?.workerLost(callId === suspect, decidedAtMs);
  }

  /** Of one call only: a message for it could not be sent. */
  callFailed(callId: CallId, error: ErrorRecord): void {
    this.#byCallId.get(callId)?.codeFailed(error);
  }

  /** Calls with an open stream, newest first, at most `limit`; of a call with two streams, the newer. */
  newest(limit: number): readonly LiveCall[] {
    const found = new Map<string, LiveCall>();
    for (const call of [...this.#byCallId.values()].reverse()) {
      if (found.size >= limit) break;
      if (!found.has(call.callSid)) found.set(call.callSid, call);
    }
    return [...found.values()];
  }

  /** Of a live call; null of any other. */
  callerOf(callSid: string): Caller | null {
    for (const call of this.#open.get(callSid) ?? []) return call.caller;
    return null;
  }

  callSidOf(callId: CallId): string | null {
    return this.#byCallId.get(callId)?.callSid ?? null;
  }

  /** Ends the call for good. False: it is not live here. */
  hangUp(callSid: string): boolean {
    const streams = [...(this.#open.get(callSid) ?? [])];
    for (const call of streams) call.end('hung up');
    return streams.length > 0;
  }

  /** The carrier says that the call is over. False: it is not live here. */
  callerHungUp(callSid: string): boolean {
    const streams = [...(this.#open.get(callSid) ?? [])];
    for (const call of streams) call.end('caller hung up');
    return streams.length > 0;
  }

  /** A machine has taken the call. False: it is not live here. */
  machineAnswered(callSid: string): boolean {
    const streams = [...(this.#open.get(callSid) ?? [])];
    for (const call of streams) call.machineAnswered();
    return streams.length > 0;
  }

  endAll(reason: EndReason): void {
    for (const call of [...this.#byCallId.values()]) call.end(reason);
  }

  /** Returns what takes the observer off again. */
  observe(observer: CallObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  census(): { liveCalls: number; liveStreams: number; remembered: number; observers: number } {
    return {
      liveCalls: this.#open.size,
      liveStreams: this.#byCallId.size,
      remembered: this.#memories.size,
      observers: this.#observers.size,
    };
  }

  #remember(callSid: string, memory: Omit<Memory, 'untilMs'>): void {
    const nowMs = this.#clock.nowMs();
    this.#memories.delete(callSid);
    this.#memories.set(callSid, { ...memory, untilMs: nowMs + REMEMBER_MS });
    for (const [oldest, { untilMs }] of this.#memories) {
      if (untilMs > nowMs && this.#memories.size <= REMEMBERED_MAX) break;
      if (!this.#open.has(oldest)) this.#memories.delete(oldest);
    }
  }

  #tell(tell: (observer: CallObserver) => void): void {
    for (const observer of this.#observers) {
      try {
        tell(observer);
      } catch (thrown) {
        this.#log.error({ event: 'observer.failed', err: toErrorRecord(thrown) }, 'an observer failed');
      }
    }
  }
}
