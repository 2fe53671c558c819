/**
 * One stream of one call, from its upgrade to its end: holds together the media stream, the worker and the record. Not
 * the call's conversation (that is in `call/`) and not its audio (`media/`). I/O thread.
 *
 *   state      event                                                   next state
 *   opening    start                                                   beginning
 *   beginning  the record is begun, or late                            waiting
 *   waiting    a worker has the call                                   live: `call.started`, from the last state
 *   waiting    none could be had                                       leaving, worker failed
 *   live       its worker was lost: move, isolate                      waiting; a filler is heard if it takes time
 *   live       its code threw: remake                                  live: `call.started` again, where it is
 *   live       one of these once more than `recovery.ts` allows        leaving, worker failed or call failed
 *   live       its worker was lost after its last words were ordered   live: they are played to their end
 *   leaving    any of a worker                                         leaving: the goodbye is played to its end
 *   any        end                                                     ended, once
 *
 * The socket and what plays never notice a new beginning. What the caller says or presses while the call is with nobody is
 * dropped, and so is what answers a listen from before it: the call that begins asks its question again, and listens anew.
 *
 * `end` frees everything: stream, worker, record, slot. Whoever comes first gives the reason. The watches that need time
 * (no start, no media, the longest call, an apology that does not end) are the stream's own.
 */
import type { CallId, CallNote, Disposition, EndReason, FromCall } from '../channel/messages.ts';
import type { Timer } from '../clock.ts';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { Caller } from './admission.ts';
import type { CallStream, StreamHooks, StreamSound, StreamStart } from './call-stream.ts';
import { FlowRecording } from './flow-recording.ts';
import type { CallMove, CallRegister, LiveCallSurroundings } from './live-call-surroundings.ts';
import { OutboundPart } from './outbound-part.ts';
import { Recovery } from './recovery.ts';
import { StreamRecord } from './stream-record.ts';

/** The media plane's own: it reports the end of no such prompt. */
const FILLER_PLAY_ID = -1;
/** Who waits longer hears it again: it takes 1.5 s itself. */
const FILL_EVERY_MS = 4000;

export class LiveCall {
  readonly callId: CallId;
  readonly callSid: string;
  readonly attempt: number;
  readonly #around: LiveCallSurroundings;
  readonly #register: CallRegister;
  #caller: Caller;
  /** From `start` on. */
  #record: StreamRecord | null = null;
  readonly #recovery = new Recovery();
  #phase: 'opening' | 'beginning' | 'waiting' | 'live' | 'leaving' | 'ended' = 'opening';
  #stream: CallStream | null = null;
  #streamSid = '';
  #state: unknown = null;
  #disposition: Disposition | null = null;
  #lastWords = '';
  /** The last prompt that ended was never heard. */
  #isMute = false;
  #filling: Timer | null = null;
  readonly #recording: FlowRecording;
  readonly #outbound = new OutboundPart();
  #isTransferFailed = false;
  #liveAtMs: number | null = null;
  #callBeganAtMs: number | null = null;

  constructor(
    call: { callId: CallId; callSid: string; attempt: number; caller: Caller },
    around: LiveCallSurroundings,
    register: CallRegister,
  ) {
    this.callId = call.callId;
    this.callSid = call.callSid;
    this.attempt = call.attempt;
    this.#caller = call.caller;
    this.#around = around;
    this.#register = register;
    this.#recording = new FlowRecording(call.callSid, call.attempt, around);
  }

  /** Gives the call its stream; `open` makes it with the hooks that lead here. */
  attach(open: (hooks: StreamHooks) => CallStream): void {
    this.#stream = open({
      onStart: (start) => void this.#begin(start),
      post: (message) => {
        // A filler (below 0) is no prompt of the flow: that it was heard says nothing of the last words.
        if (message.kind === 'prompt.ended' && message.playId >= 0)
          this.#isMute = message.outcome === 'failed';
        if (message.kind === 'speech.started' && message.bargeIn) this.#noted({ kind: 'interrupted' });
        this.#around.workers.post(message);
      },
      onEnd: (reason) => this.end(reason),
    });
  }

  /** Its stream's `start` was taken: it counts against streams of older attempts. */
  get hasBegun(): boolean {
    return this.#phase !== 'opening' && this.#phase !== 'ended';
  }

  /** Who rings whom, as far as is known by now. */
  get caller(): Caller {
    return this.#caller;
  }

  /** What can be heard of it at this moment; null where nothing is known of that. */
  sound(): StreamSound | null {
    return this.#stream?.sound?.() ?? null;
  }

  /** The last state that the call reported, or null. */
  get state(): unknown {
    return this.#state;
  }

  /** When the call's first stream began, monotonic; null before this one has begun. */
  get callBeganAtMs(): number | null {
    return this.#callBeganAtMs;
  }

  /** By which the call's record is timed; null before this stream has begun. */
  get callWall(): (() => number) | null {
    return this.#callBeganAtMs === null ? null : (this.#record?.callWall ?? null);
  }

  /** What comes after the stream, once the call has said so. */
  get disposition(): Disposition | null {
    const isSilentEnd = this.#isMute && this.#disposition?.kind === 'hangup' && this.#lastWords !== '';
    return isSilentEnd ? { kind: 'say', text: this.#lastWords } : this.#disposition;
  }

  /** A message from the call's worker. */
  receive(message: FromCall): void {
    if (this.#phase !== 'live' && this.#phase !== 'leaving') return;
    switch (message.kind) {
      case 'snapshot':
        this.#state = message.state;
        // The flow has heard of it, or never need.
        this.#isTransferFailed = false;
        this.#recovery.committed();
        return;
      case 'note':
        this.#noted(message.note);
        return;
      case 'recording':
        this.#recording.turn(message.isOn, (file) => this.#stream?.record?.(file));
        return;
      case 'call.failed':
        this.codeFailed(message.error);
        return;
      case 'finish':
        if (this.#phase === 'leaving') return;
        this.#disposition = message.disposition;
        this.#lastWords = message.lastWords ?? '';
        this.#stream?.order(message);
        return;
      default:
        if (this.#phase === 'live') this.#stream?.order(message);
    }
  }

  /** An answering machine has taken the call. */
  machineAnswered(): void {
    this.#outbound.machineAnswered();
    if (this.#phase === 'live') this.#around.workers.post({ kind: 'machine', callId: this.callId });
  }

  /** Its worker is gone, and it is placed nowhere. `isSuspect`: that worker was serving it. `decidedAtMs`: monotonic. */
  workerLost(isSuspect: boolean, decidedAtMs: number): void {
    if (!this.#isInTalk) return;
    const how = this.#recovery.workerLost(isSuspect);
    if (how === 'goodbye') this.sayGoodbye('worker failed');
    else this.#place(how === 'isolate' ? 'alone' : 'shared', { how, decidedAtMs });
  }

  /** Its own code threw, or it missed a message: it is of no use where it is. */
  codeFailed(err: ErrorRecord): void {
    if (this.#phase !== 'live') return;
    this.#around.log.error({ event: 'call.failed', ...this.#names(), err }, "a call's code failed");
    if (!this.#isInTalk) return;
    const how = this.#recovery.codeThrew();
    if (how === 'goodbye') {
      this.sayGoodbye('call failed');
      return;
    }
    this.#around.workers.post({ kind: 'call.ended', callId: this.callId, reason: 'superseded' });
    this.#postStarted();
    this.#tellMoved({ how, workerId: null, durationMs: 0 });
  }

  /** An apology, then the end with `reason`. Once; a call that is already on its last words is left to them. */
  sayGoodbye(reason: EndReason): void {
    if (this.#phase === 'ended' || this.#phase === 'leaving' || this.#disposition !== null) return;
    this.#phase = 'leaving';
    this.#stream?.playAndFinish(this.#around.apologyKey, reason);
  }

  /** Ends the call's stream and frees all that it holds. The first reason stands. */
  end(reason: EndReason): void {
    if (this.#phase === 'ended') return;
    const { clock, log, workers } = this.#around;
    const durationMs = this.#liveAtMs === null ? 0 : Math.round(clock.nowMs() - this.#liveAtMs);
    this.#phase = 'ended';
    this.#stopFilling();
    // Each step whatever the one before it did: a defect in one must not keep a slot, a worker's memory or a socket.
    this.#step(() => workers.post({ kind: 'call.ended', callId: this.callId, reason }));
    this.#step(() => workers.release(this.callId));
    this.#step(() => this.#register.ended(this, reason));
    this.#step(() => this.#stream?.end(reason));
    if (this.#record?.exists !== true) return;
    this.#finishRecord(this.#record, reason);
    log.info({ event: 'call.ended', ...this.#names(), reason, durationMs }, 'a call ended');
  }

  #noted(note: CallNote): void {
    this.#register.noted(this.callSid, note);
    this.#stream?.noted?.(note);
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
      if (this.#isOutbound(start)) this.#caller = { ...this.#caller, direction: 'outbound' };
      if (this.#caller.direction === 'outbound')
        await this.#outbound.load(this.callSid, this.attempt, this.#around);
      if (!this.#isBeginning) return;
      const record = this.#openRecord(start);
      if (!(await this.#beginRecord(record))) return;
      const { state, callBeganAtMs } = await record.takeUp(this.#register.lastEnd(this.callSid));
      this.#state = state;
      this.#callBeganAtMs = callBeganAtMs;
      if (this.#phase === 'beginning') this.#goLive();
    } catch (thrown) {
      this.#around.log.error(
        { event: 'call.failed', ...this.#names(), err: toErrorRecord(thrown) },
        'a call could not begin',
      );
      this.sayGoodbye('call failed');
    }
  }

  #isOutbound({ customParameters }: StreamStart): boolean {
    return this.#caller.direction === 'outbound' || customParameters.get('direction') === 'outbound';
  }

  get #isBeginning(): boolean {
    return this.#phase === 'beginning';
  }

  #openRecord({ customParameters }: StreamStart): StreamRecord {
    const { callSid, attempt } = this;
    const { from, to } = this.#caller;
    // Another node may have answered the call's webhook: then only the stream says who rings whom.
    this.#caller = {
      ...this.#caller,
      from: from || (customParameters.get('from') ?? ''),
      to: to || (customParameters.get('to') ?? ''),
    };
    this.#isTransferFailed = customParameters.get('transfer') === 'failed';
    const flowHash = this.#outbound.dialed?.flowHash ?? this.#around.flowHashOf(this.#caller.to);
    const { direction = 'inbound' } = this.#caller;
    this.#record = new StreamRecord(
      { callSid, attempt, from: this.#caller.from, to: this.#caller.to, flowHash, direction },
      this.#around,
    );
    return this.#record;
  }

  #isExpected(start: StreamStart): boolean {
    const accounts = [this.#around.accountSid, this.#caller.accountSid];
    return (
      start.callSid === this.callSid &&
      accounts.every((account) => account === null || account === '' || account === start.accountSid)
    );
  }

  /** False when the call ended meanwhile, or its attempt is fenced. */
  async #beginRecord(record: StreamRecord): Promise<boolean> {
    const { log } = this.#around;
    const begun = await record.begin(() => this.end('superseded'));
    if (this.#phase !== 'beginning') {
      // It ended while the record was being made: the record must say so too.
      if (begun.kind === 'begun') this.#finishRecord(record, 'stream lost');
      return false;
    }
    if (begun.kind === 'fenced') {
      log.warn({ event: 'stream.refused', ...this.#names() }, "a stream's attempt was used before");
      this.end('protocol violation');
      return false;
    }
    if (begun.kind === 'late') {
      const { err } = begun;
      log.error({ event: 'store.failed', ...this.#names(), err }, 'a call begins without its record');
    }
    return true;
  }

  #finishRecord(record: StreamRecord, reason: EndReason): void {
    this.#step(() => {
      record.finish(reason).catch((thrown: unknown) => {
        const err = toErrorRecord(thrown);
        this.#around.log.error({ event: 'store.failed', ...this.#names(), err }, 'an end was not kept');
      });
    });
  }

  #goLive(): void {
    const { clock, log } = this.#around;
    this.#liveAtMs = clock.nowMs();
    const callBeganAgoMs = this.#liveAtMs - (this.#callBeganAtMs ?? this.#liveAtMs);
    log.info({ event: 'call.started', ...this.#names(), pii: { from: this.#caller.from } }, 'a call started');
    this.#place('shared', null);
    const recording = this.#recording.open();
    this.#stream?.accept(this.callId, callBeganAgoMs, recording);
    this.#fill();
  }

  /** `move`: null for the first time. */
  #place(on: 'shared' | 'alone', move: { how: CallMove['how']; decidedAtMs: number } | null): void {
    const { clock, workers } = this.#around;
    this.#phase = 'waiting';
    workers.place(this.callId, on, (workerId) => {
      if (this.#phase !== 'waiting') return;
      this.#stopFilling();
      if (workerId === null) {
        this.sayGoodbye('worker failed');
        return;
      }
      this.#phase = 'live';
      this.#postStarted();
      if (move === null) return;
      const durationMs = Math.round(clock.nowMs() - move.decidedAtMs);
      this.#tellMoved({ how: move.how, workerId, durationMs });
    });
    if (move !== null) this.#fill();
  }

  /** No dead air: a caller who must wait is told so, unless there is something to be heard. */
  #fill(): void {
    if (this.#phase !== 'waiting') return;
    const { callId } = this;
    const { fillerKey } = this.#around;
    this.#stream?.order({ kind: 'fill', callId, playId: FILLER_PLAY_ID, promptKey: fillerKey });
    this.#stopFilling();
    this.#filling = this.#around.clock.setTimer(FILL_EVERY_MS, () => this.#fill());
  }

  #stopFilling(): void {
    if (this.#filling !== null) this.#around.clock.clearTimer(this.#filling);
    this.#filling = null;
  }

  #postStarted(): void {
    const { from, to } = this.#caller;
    const { callId, callSid, attempt } = this;
    const { dialed, isMachine } = this.#outbound;
    this.#around.workers.post({
      kind: 'call.started',
      callId,
      call: {
        callSid,
        streamSid: this.#streamSid,
        attempt,
        move: this.#recovery.beginnings,
        from,
        to,
        playFormat: this.#around.playFormat,
        state: this.#state,
        ...(dialed === null ? {} : { dialed }),
        ...(this.#isTransferFailed ? { isTransferFailed: true } : {}),
      },
    });
    if (isMachine) this.#around.workers.post({ kind: 'machine', callId });
  }

  #tellMoved(move: CallMove): void {
    this.#around.log.warn({ event: 'call.moved', ...this.#names(), ...move }, 'a call began anew');
    this.#register.moved(this.callSid, move);
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

  /** A worker has it, and the flow has not ended. */
  get #isInTalk(): boolean {
    return this.#phase === 'live' && this.#disposition === null;
  }

  #names(): Record<string, unknown> {
    return { callSid: this.callSid, streamSid: this.#streamSid, attempt: this.attempt };
  }
}
