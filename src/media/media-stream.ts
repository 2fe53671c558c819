/**
 * One live stream of one call: composed of transport, native receiver, playback and hearing, with the watches that end it.
 * Knows no flow and no HTTP; the server routes its socket's events here and its messages to the call's worker. I/O thread.
 *
 *   state      event                                                  next state
 *   opening    start: `onStart`                                       starting
 *   opening    10 s passed; a start that we cannot serve              ended, 1008
 *   starting   accept                                                 live; digits that came before are told
 *   live       order: play, fill, listen, stop.listening, clear       live
 *   live       order: finish; `playAndFinish`                         finishing (from starting too: `playAndFinish`)
 *   live       no media for a second                                  live: quiet is fed in its place, so that time goes on
 *   finishing  order: fill                                            finishing
 *   finishing  the queue was heard, or cut                            ended, 1000
 *   finishing  time limit                                             finishing: cut if not heard 30 s later
 *   any        stop; socket closed; no media for 30 s; flood;         ended
 *              the peer does not read; `end`
 *   live       time limit                                             finishing with the goodbye, else ended
 *   ended      any                                                    ended: listed no-op
 *
 * After the end everything is freed at once, but for the socket: should the server not have reported it closed, it is cut
 * 5 s later. `receive` of a media message is one native call, some compares and two field writes; two native calls more
 * where the call is recorded, one while our echo fades.
 */
import { DIRECT_UNIT, RECEIVED } from '../audio/addon-types.ts';
import type { CallId, CallNote, Disposition, EndReason, FromCall } from '../channel/messages.ts';
import type { RecordFile } from '../recordings/record-files.ts';
import { AudioRecorder } from './audio-recorder.ts';
import { closeCodeOf } from './close-code.ts';
import { Digits } from './digits.ts';
import { Hearing } from './hearing.ts';
import { MediaGap } from './media-gap.ts';
import type { MediaPlane } from './media-plane.ts';
import type { MediaStreamHooks, MediaStreamLimits } from './media-stream-hooks.ts';
import { Playback } from './playback.ts';
import { OWN_PLAY_ID, promptNews } from './prompt-news.ts';
import { SocketEnd } from './socket-end.ts';
import { emptyCounters, type MediaStreamCounters } from './stream-counters.ts';
import type { StreamState } from './stream-state.ts';
import { StreamWatch } from './stream-watch.ts';
import type { WheelTimer } from './timer-wheel.ts';
import type { CarrierEvent, StreamStart, Transport } from './transport.ts';

/** Last words are heard to their end, and playback bounds each of their waits. This cuts what lasts longer all the same. */
const LAST_WORDS_MAX_MS = 30_000;
/** A flow that gave up on a caller of whom nothing came for so long was completed by nobody. */
const ALONE_MS = 5000;

/** RFC 6455, 5.5: a control frame carries 125 bytes, two of them the code. */
const CLOSE_DETAIL_MAX_BYTES = 123;
const FLOOD = 'Expected no more messages and bytes in a second than speech has, received a flood';

const HANG_UP: Disposition = { kind: 'hangup' };
const ENDED: StreamState = { kind: 'ended' };

export class MediaStream {
  readonly #plane: MediaPlane;
  readonly #transport: Transport;
  readonly #hooks: MediaStreamHooks;
  readonly #limits: MediaStreamLimits;
  readonly #playback: Playback;
  readonly #hearing: Hearing;
  readonly #digits: Digits;
  readonly #watch: StreamWatch;
  readonly #gap: MediaGap;
  readonly #finishTimer: WheelTimer;
  readonly #socket: SocketEnd;
  readonly #openedAtMs: number;
  readonly #counters = emptyCounters();
  #state: StreamState = { kind: 'opening' };
  #streamSid = '';
  #callId: CallId | null = null;
  #recorder: AudioRecorder | null = null;

  /** Call it in the socket's open event. The stream owns `transport` and its receiver from now on. */
  constructor(plane: MediaPlane, transport: Transport, hooks: MediaStreamHooks, limits: MediaStreamLimits) {
    this.#plane = plane;
    this.#transport = transport;
    this.#hooks = hooks;
    this.#limits = limits;
    this.#playback = new Playback(
      { ...plane, transport, audioWaitMaxMs: limits.audioWaitMaxMs },
      {
        ...promptNews(hooks, () => this.#callId),
        changed: () => this.#hearing.playbackChanged(),
        finished: () => this.#finished(),
        peerDoesNotRead: () => this.end('peer does not read'),
        threw: (thrown) => this.#threw(thrown),
      },
    );
    this.#hearing = new Hearing({
      clock: plane.clock,
      receiver: transport.receiver,
      playback: this.#playback,
      post: (message) => hooks.post(message),
    });
    this.#watch = new StreamWatch(plane, limits.callMaxMs, {
      noStart: () => this.end('protocol violation'),
      noMedia: () => this.end('no media'),
      timeLimit: () => this.#timeLimit(),
      threw: (thrown) => this.#threw(thrown),
    });
    this.#digits = new Digits({
      flood: this.#watch.flood,
      receiver: transport.receiver,
      hearing: this.#hearing,
      post: (message) => hooks.post(message),
    });
    this.#gap = new MediaGap(plane, {
      receiver: transport.receiver,
      playback: this.#playback,
      hearing: this.#hearing,
      isLive: () => this.#state.kind === 'live',
      mediaCame: () => this.#watch.mediaCame(),
      threw: (thrown) => this.#threw(thrown),
    });
    this.#finishTimer = plane.wheel.createTimer(() => this.#cutLastWords());
    this.#socket = new SocketEnd(plane, transport, () => this.socketClosed());
    this.#openedAtMs = plane.clock.nowMs();
    plane.census.streams++;
  }

  get hasEnded(): boolean {
    return this.#state.kind === 'ended';
  }

  /** One message of the socket; `message` is read during the call only. */
  receive(message: ArrayBuffer, isBinary: boolean): void {
    if (this.#state.kind === 'ended') return;
    if (!this.#watch.flood.admitMessage(message.byteLength)) {
      this.#refuse(FLOOD);
      return;
    }
    const found = this.#transport.receive(message, isBinary, this.#playback.playoutDbfs());
    if (found >= DIRECT_UNIT) this.#takeAfterDirect(found);
    else if (found !== 0) this.#take(found);
    else if (!this.#watch.flood.admitParse(message.byteLength)) this.#counters.unparsedMessages++;
    else this.#event(this.#transport.readEvent(message, isBinary, this.#playback.playoutDbfs()));
  }

  /** The first that came by here after some that did not. */
  #takeAfterDirect(found: number): void {
    if (this.#watch.flood.admitDirect(found >>> 16)) this.#take(found & (DIRECT_UNIT - 1));
    else this.#refuse(FLOOD);
  }

  /** What was found in audio that did not come by `receive`. */
  #foundDirectly(found: number): void {
    if (this.#state.kind === 'ended') return;
    try {
      this.#take(found);
    } catch (thrown) {
      this.#threw(thrown);
    }
  }

  #take(found: number): void {
    if ((found & RECEIVED.media) !== 0) {
      this.#recorder?.heard();
      // A recorder must see each frame, and so must who tells of an echo that fades.
      if (this.#recorder !== null || this.#playback.isFading) this.#transport.receiver.holdDirect();
      this.#gap.mediaSeen();
    }
    if ((found & ~(RECEIVED.media | RECEIVED.ignored)) !== 0 && this.#state.kind === 'live') {
      this.#hearing.found(found);
    }
  }

  #event(event: CarrierEvent): void {
    switch (event.kind) {
      case 'start':
        this.#start(event.start);
        return;
      case 'refused':
        this.#refuse(event.detail);
        return;
      case 'audio':
        this.#take(event.found);
        return;
      case 'mark':
        this.#playback.markEchoed(event.name);
        return;
      case 'digit':
        this.#digits.pressed(event.digit, this.#state);
        return;
      case 'stop':
        this.end('caller hung up');
        return;
      case 'nothing':
    }
  }

  /** The peer did what no peer of ours may; it is told what. */
  #refuse(detail: string): void {
    this.#plane.log.warn({ event: 'stream.refused', detail }, 'a stream could not be served');
    this.#end('protocol violation', HANG_UP, 1008, detail.slice(0, CLOSE_DETAIL_MAX_BYTES));
  }

  #start(start: StreamStart): void {
    if (this.#state.kind !== 'opening') {
      this.#counters.secondStarts++;
      return;
    }
    this.#streamSid = start.streamSid;
    this.#state = { kind: 'starting' };
    this.#watch.startCame();
    this.#hooks.onStart(start);
  }

  /**
   * The server has validated the start. `callBeganAgoMs`: since the call's first stream began. `recording` is the stream's
   * from now on; null records nothing. Idempotent.
   */
  accept(callId: CallId, callBeganAgoMs = 0, recording: RecordFile | null = null): void {
    if (this.#state.kind !== 'starting') {
      recording?.finish();
      return;
    }
    this.#transport.takeDirectly((found) => this.#foundDirectly(found));
    if (recording !== null) this.#beginRecording(recording);
    this.#watch.callBegan(callBeganAgoMs);
    this.#callId = callId;
    this.#state = { kind: 'live', callId };
    this.#digits.callBegan(callId);
  }

  /** Both legs are kept in `recording` from now on, which is the stream's; null: they are kept no more. */
  record(recording: RecordFile | null): void {
    this.#endRecording();
    if (recording === null) return;
    if (this.#state.kind === 'live') this.#beginRecording(recording);
    else recording.finish();
  }

  #beginRecording(recording: RecordFile): void {
    const { receiver } = this.#transport;
    receiver.holdDirect();
    this.#recorder = AudioRecorder.begin(recording, this.#transport, this.#plane.clock);
    this.#playback.recorder = this.#recorder;
  }

  #endRecording(): void {
    this.#recorder?.finish();
    this.#recorder = null;
    this.#playback.recorder = null;
  }

  /** An order of the call's worker. Orders of another call id, and kinds that are the server's, are ignored. */
  order(order: FromCall): void {
    const { kind } = this.#state;
    if (order.callId !== this.#callId) return;
    // The last words may be late, too.
    if (order.kind === 'fill' && (kind === 'live' || kind === 'finishing')) this.#playback.fill(order);
    if (kind !== 'live') return;
    switch (order.kind) {
      case 'play':
        this.#playback.enqueue(order);
        return;
      case 'listen':
        this.#hearing.listen(order);
        return;
      case 'stop.listening':
        this.#hearing.stop();
        return;
      case 'clear':
        this.#playback.clear();
        return;
      case 'finish':
        this.#finish(order.reason, order.disposition);
        return;
      default:
    }
  }

  /**
   * The polite end without the call's code: what plays is cleared, this prompt is played to its end, within 30 s, and the
   * stream closed. Before `start` and after the end there is nobody to talk to: the same as `end`.
   */
  playAndFinish(promptKey: string, reason: EndReason): void {
    if (this.#state.kind !== 'starting' && this.#state.kind !== 'live') {
      if (this.#state.kind === 'opening') this.end(reason);
      return;
    }
    this.#playback.clear();
    if (this.hasEnded) return;
    this.#playback.enqueue({ playId: OWN_PLAY_ID, promptKey, bargeIn: false });
    if (this.hasEnded) return;
    this.#plane.wheel.start(this.#finishTimer, LAST_WORDS_MAX_MS);
    this.#finish(reason, HANG_UP);
  }

  #finish(reason: EndReason, disposition: Disposition): void {
    this.#hearing.stop();
    this.#state = { kind: 'finishing', reason, disposition, cutReason: reason };
    this.#playback.finish();
  }

  #finished(): void {
    const state = this.#state;
    if (state.kind !== 'finishing') return;
    const wasAlone = state.reason === 'completed' && this.#gap.openMs >= ALONE_MS;
    const reason = wasAlone ? 'no media' : state.reason;
    this.#end(reason, state.disposition, 1000);
  }

  #cutLastWords(): void {
    const state = this.#state;
    if (state.kind === 'finishing') this.#end(state.cutReason, HANG_UP, 1000);
  }

  /** The socket has room again. */
  drained(): void {
    if (this.#state.kind !== 'ended') this.#playback.drained();
  }

  pong(): void {
    if (this.#state.kind !== 'ended') this.#playback.pong();
  }

  /** The peer sent a ping; the socket answers it, here it is only counted. */
  pinged(): void {
    if (this.#state.kind !== 'ended' && !this.#watch.flood.admitMessage(0)) this.#refuse(FLOOD);
  }

  /** The server's close event: from here on the socket is not touched. Idempotent. */
  socketClosed(): void {
    if (this.#socket.closed()) this.end('stream lost');
  }

  /** Ends the stream at once and frees what it holds. Idempotent; the first reason stands. */
  end(reason: EndReason): void {
    this.#end(reason, HANG_UP, closeCodeOf(reason));
  }

  #end(reason: EndReason, disposition: Disposition, closeCode: number, detail: string = reason): void {
    if (this.#state.kind === 'ended') return;
    const { wheel, census } = this.#plane;
    const counters = this.counters();
    this.#state = ENDED;
    census.streams--;
    this.#watch.close();
    this.#gap.close();
    wheel.stop(this.#finishTimer);
    Object.assign(this.#counters, counters);
    try {
      this.#transport.receiver.close();
      this.#playback.close();
      this.#recorder?.finish();
      this.#socket.close(reason === 'peer does not read' ? null : closeCode, reason, detail);
    } finally {
      this.#logEnd(reason);
      this.#hooks.onEnd(reason, disposition);
    }
  }

  #logEnd(reason: EndReason): void {
    const { clock, log } = this.#plane;
    const durationMs = Math.round(clock.nowMs() - this.#openedAtMs);
    const about = { streamSid: this.#streamSid, reason, durationMs, counters: this.#counters };
    log.info({ event: 'stream.ended', ...about }, 'stream ended');
  }

  /** Something that the call tells of itself. */
  noted(note: CallNote): void {
    if (!this.hasEnded) this.#transport.noted?.(note);
  }

  /** What can be heard at this moment; once it has ended, silence. Asked for by who watches, never for a frame. */
  sound(): { readonly levelDbfs: number; readonly isSpeaking: boolean; readonly botSpeaks: boolean } {
    const { receiver } = this.#transport;
    const botSpeaks = !this.hasEnded && this.#playback.audible() !== 'nothing';
    return { levelDbfs: receiver.levelDbfs(), isSpeaking: receiver.isSpeech(), botSpeaks };
  }

  /** What came since the opening; after the end, what it was at the end. */
  counters(): MediaStreamCounters {
    if (this.#state.kind === 'ended') return { ...this.#counters };
    const { stale, unknown } = this.#playback.strayMarks;
    return {
      ...this.#counters,
      ...this.#transport.counters(),
      ...this.#gap.counters(),
      ...this.#digits.counters(),
      staleMarks: stale,
      unknownMarks: unknown,
    };
  }

  #timeLimit(): void {
    const { goodbyePromptKey } = this.#limits;
    const state = this.#state;
    if (state.kind === 'finishing') {
      if (this.#finishTimer.pending) return;
      this.#state = { ...state, cutReason: 'time limit' };
      this.#plane.wheel.start(this.#finishTimer, LAST_WORDS_MAX_MS);
    } else if (state.kind === 'live' && goodbyePromptKey !== null) {
      this.playAndFinish(goodbyePromptKey, 'time limit');
    } else {
      this.end('time limit');
    }
  }

  #threw(thrown: unknown): void {
    this.#plane.log.error(
      { event: 'stream.threw', streamSid: this.#streamSid, err: thrown },
      'a stream threw',
    );
    this.end('call failed');
  }
}
