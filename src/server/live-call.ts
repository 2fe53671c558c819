/**
 * One stream of one call, from its upgrade to its end: holds together the media stream, the worker and the record. Not
 * the call's conversation (that is in `call/`) and not its audio (`media/`). I/O thread.
 *
 *   opening --start--> beginning --begun, placed--> live --end(reason)--> ended
 *      \                   \                          \
 *       '-------------------'--------------------------'---> ended, from anywhere, once
 *
 * `end` frees everything: stream, worker, record, slot. Whoever comes first gives the reason. The watches that need time
 * (no start, no media, the longest call, an apology that does not end) are the stream's own.
 */
import type { CallId, CallNote, Disposition, EndReason, FromCall, ToCall } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CallStore } from '../store/call-store.ts';
import type { Caller } from './admission.ts';
import type { CallStream, StreamHooks, StreamStart } from './call-stream.ts';
import { withinDeadline } from './deadline.ts';

/** The worker pool as a call sees it. */
export interface CallPlacement {
  place(callId: CallId): number | null;
  post(message: ToCall): void;
  release(callId: CallId): void;
}

/** What a stream of a call leaves to the next. */
export interface EarlierStream {
  readonly attempt: number;
  readonly state: unknown;
  /** When the call's first stream began, monotonic; null if that is not known. */
  readonly callBeganAtMs: number | null;
}

/** The directory as a call sees it. */
export interface CallRegister {
  /** The call's other streams of older attempts end; false when a newer one has begun. */
  takeOver(call: LiveCall): boolean;
  /** What the call's last ended stream in this process left; null if it had none here. */
  lastEnd(callSid: string): EarlierStream | null;
  ended(call: LiveCall, reason: EndReason): void;
  noted(callSid: string, note: CallNote): void;
}

export interface LiveCallSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: CallStore;
  readonly workers: CallPlacement;
  /** Hash of the flow that answers this number. */
  readonly flowHashOf: (calledNumber: string) => string;
  /** An account that every stream must be of, or null. */
  readonly accountSid: string | null;
  /** The goodbye of last resort. */
  readonly apologyKey: string;
  /** `codec-rate` of what the stream plays. */
  readonly playFormat: string;
}

/** The store answers within 250 ms or defers; a store that does neither holds no caller up for longer than this. */
const STORE_DEADLINE_MS = 1000;

export class LiveCall {
  readonly callId: CallId;
  readonly callSid: string;
  readonly attempt: number;
  readonly caller: Caller;
  readonly #around: LiveCallSurroundings;
  readonly #register: CallRegister;
  #phase: 'opening' | 'beginning' | 'live' | 'ended' = 'opening';
  #stream: CallStream | null = null;
  #streamSid = '';
  #hasRecord = false;
  #isLeaving = false;
  #state: unknown = null;
  #disposition: Disposition | null = null;
  #lastWords = '';
  /** The last prompt that ended was never heard. */
  #isMute = false;
  #liveAtMs = 0;
  #callBeganAtMs: number | null = null;

  constructor(
    call: { callId: CallId; callSid: string; attempt: number; caller: Caller },
    around: LiveCallSurroundings,
    register: CallRegister,
  ) {
    this.callId = call.callId;
    this.callSid = call.callSid;
    this.attempt = call.attempt;
    this.caller = call.caller;
    this.#around = around;
    this.#register = register;
  }

  /** Gives the call its stream; `open` makes it with the hooks that lead here. */
  attach(open: (hooks: StreamHooks) => CallStream): void {
    this.#stream = open({
      onStart: (start) => void this.#begin(start),
      post: (message) => {
        // A filler (below 0) is no prompt of the flow: that it was heard says nothing of the last words.
        if (message.kind === 'prompt.ended' && message.playId >= 0)
          this.#isMute = message.outcome === 'failed';
        this.#around.workers.post(message);
      },
      onEnd: (reason) => this.end(reason),
    });
  }

  /** Its stream's `start` was taken: it counts against streams of older attempts. */
  get hasBegun(): boolean {
    return this.#phase === 'beginning' || this.#phase === 'live';
  }

  /** The last state that the call reported, or null. */
  get state(): unknown {
    return this.#state;
  }

  /** When the call's first stream began, monotonic; null before this one has begun. */
  get callBeganAtMs(): number | null {
    return this.#callBeganAtMs;
  }

  /** What comes after the stream, once the call has said so. */
  get disposition(): Disposition | null {
    const isSilentEnd = this.#isMute && this.#disposition?.kind === 'hangup' && this.#lastWords !== '';
    return isSilentEnd ? { kind: 'say', text: this.#lastWords } : this.#disposition;
  }

  /** A message from the call's worker. */
  receive(message: FromCall): void {
    if (this.#phase !== 'live') return;
    switch (message.kind) {
      case 'snapshot':
        this.#state = message.state;
        return;
      case 'note':
        this.#register.noted(this.callSid, message.note);
        return;
      case 'call.failed':
        this.#around.log.error(
          { event: 'call.failed', ...this.#names(), err: message.error },
          "a call's code failed",
        );
        this.sayGoodbye('call failed');
        return;
      case 'finish':
        this.#disposition = message.disposition;
        this.#lastWords = message.lastWords ?? '';
        this.#stream?.order(message);
        return;
      default:
        if (!this.#isLeaving) this.#stream?.order(message);
    }
  }

  /** An apology, then the end with `reason`. Once; a call that is already on its last words is left to them. */
  sayGoodbye(reason: EndReason): void {
    if (this.#phase === 'ended' || this.#isLeaving || this.#disposition !== null) return;
    this.#isLeaving = true;
    this.#stream?.playAndFinish(this.#around.apologyKey, reason);
  }

  /** Ends the call's stream and frees all that it holds. The first reason stands. */
  end(reason: EndReason): void {
    if (this.#phase === 'ended') return;
    const { clock, log, store, workers } = this.#around;
    const durationMs = this.#phase === 'live' ? Math.round(clock.nowMs() - this.#liveAtMs) : 0;
    this.#phase = 'ended';
    // Each step whatever the one before it did: a defect in one must not keep a slot, a worker's memory or a socket.
    this.#step(() => workers.post({ kind: 'call.ended', callId: this.callId, reason }));
    this.#step(() => workers.release(this.callId));
    this.#step(() => this.#register.ended(this, reason));
    this.#step(() => this.#stream?.end(reason));
    if (this.#hasRecord) {
      this.#step(() => {
        store.finish(this.callSid, this.attempt, reason).catch((thrown: unknown) => {
          log.error(
            { event: 'store.failed', ...this.#names(), err: toErrorRecord(thrown) },
            'an end was not kept',
          );
        });
      });
      log.info({ event: 'call.ended', ...this.#names(), reason, durationMs }, 'a call ended');
    }
  }

  async #begin(start: StreamStart): Promise<void> {
    if (this.#phase !== 'opening') return;
    if (!this.#isExpected(start)) {
      this.#around.log.warn(
        { event: 'stream.refused', ...this.#names() },
        "a stream's start names another call",
      );
      this.end('protocol violation');
      return;
    }
    this.#phase = 'beginning';
    this.#streamSid = start.streamSid;
    if (!this.#register.takeOver(this)) {
      this.end('protocol violation');
      return;
    }
    try {
      if (!(await this.#makeRecord())) return;
      await this.#takeUp();
      if (this.#phase === 'beginning') this.#goLive();
    } catch (thrown) {
      this.#around.log.error(
        { event: 'call.failed', ...this.#names(), err: toErrorRecord(thrown) },
        'a call could not begin',
      );
      this.sayGoodbye('call failed');
    }
  }

  #isExpected(start: StreamStart): boolean {
    const accounts = [this.#around.accountSid, this.caller.accountSid];
    return (
      start.callSid === this.callSid &&
      accounts.every((account) => account === null || account === '' || account === start.accountSid)
    );
  }

  /**
   * Commits this attempt to the call's record. False when the call ended meanwhile, or another stream, here or on another
   * node, has used this attempt or a later one. A store that does not answer does not keep a caller waiting; if its
   * late answer is that we are fenced, the stream ends then.
   */
  async #makeRecord(): Promise<boolean> {
    const { clock, flowHashOf, log, store } = this.#around;
    const { callSid, attempt, caller } = this;
    const { from, to } = caller;
    const begun = store.begin({ callSid, attempt, from, to, flowHash: flowHashOf(to) });
    const answer = await withinDeadline(clock, STORE_DEADLINE_MS, begun);
    if (this.#phase !== 'beginning') {
      // It ended while the record was being made: the record must say so too.
      if (answer.kind === 'done' && answer.value === 'begun') {
        store.finish(callSid, attempt, 'stream lost').catch(() => undefined);
      }
      return false;
    }
    if (answer.kind === 'done' && answer.value === 'fenced') {
      log.warn({ event: 'stream.refused', ...this.#names() }, "a stream's attempt was used before");
      this.end('protocol violation');
      return false;
    }
    this.#hasRecord = true;
    if (answer.kind === 'done') return true;
    const err = answer.kind === 'failed' ? toErrorRecord(answer.thrown) : null;
    log.error({ event: 'store.failed', ...this.#names(), err }, 'a call begins without its record');
    begun.then(
      (late) => {
        if (late !== 'fenced') return;
        this.#hasRecord = false;
        this.end('superseded');
      },
      () => undefined,
    );
    return true;
  }

  /** What the call's earlier streams left: its state, and since when it is on. */
  async #takeUp(): Promise<void> {
    const { clock, store } = this.#around;
    this.#callBeganAtMs = clock.nowMs();
    if (this.attempt === 0) return;
    const known = this.#register.lastEnd(this.callSid);
    this.#callBeganAtMs = known?.callBeganAtMs ?? this.#callBeganAtMs;
    // Ours is the newest only if no attempt lies between, which may have been on another node.
    if (known?.attempt === this.attempt - 1 && known.state !== null) {
      this.#state = known.state;
      return;
    }
    const loaded = await withinDeadline(clock, STORE_DEADLINE_MS, store.load(this.callSid));
    const record = loaded.kind === 'done' ? loaded.value : null;
    this.#state = record?.state ?? known?.state ?? null;
    if (record === null || known?.callBeganAtMs != null) return;
    // Only the wall clock is common to processes; it may have been set since, but never makes a call younger than it is here.
    const beganAtMs = clock.nowMs() - (clock.wallMs() - record.startedAtWallMs);
    this.#callBeganAtMs = Math.min(this.#callBeganAtMs, beganAtMs);
  }

  #goLive(): void {
    const { clock, log, playFormat, workers } = this.#around;
    const stream = this.#stream;
    if (stream === null) return;
    this.#phase = 'live';
    this.#liveAtMs = clock.nowMs();
    const callBeganAgoMs = this.#liveAtMs - (this.#callBeganAtMs ?? this.#liveAtMs);
    const workerId = workers.place(this.callId);
    log.info(
      { event: 'call.started', ...this.#names(), workerId, pii: { from: this.caller.from } },
      'a call started',
    );
    if (workerId === null) {
      stream.accept(this.callId, callBeganAgoMs);
      this.sayGoodbye('worker failed');
      return;
    }
    workers.post({
      kind: 'call.started',
      callId: this.callId,
      call: {
        callSid: this.callSid,
        streamSid: this.#streamSid,
        attempt: this.attempt,
        from: this.caller.from,
        to: this.caller.to,
        playFormat,
        state: this.#state,
      },
    });
    stream.accept(this.callId, callBeganAgoMs);
  }

  #step(run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.#around.log.error(
        { event: 'call.failed', ...this.#names(), err: toErrorRecord(thrown) },
        'an end was incomplete',
      );
    }
  }

  #names(): Record<string, unknown> {
    return { callSid: this.callSid, streamSid: this.#streamSid, attempt: this.attempt };
  }
}
