/**
 * What one stream plays: a queue of prompts, each with a *sent* and a *played* position. Knows prompts, pacing and marks;
 * not why something is played, nor what the wire looks like. I/O thread.
 *
 *   state      event                                            next state
 *   idle       enqueue: audio here / not here                   sending / waiting
 *   waiting    its audio came                                   sending
 *   waiting    it failed, or took too long: outcome `failed`    the next item's, or idle
 *   idle       fill: its audio is here                          sending
 *   waiting    fill: its audio is here, nothing can be heard    sending, then waiting, to the same moment as before
 *   sending    lead full: wait; all sent: the mark follows      sending; draining, or waiting for the next item
 *   sending    the socket's buffer is full                      held
 *   held       drained, or 50 ms passed, and there is room      sending
 *   held       nothing could be sent for 10 s                   closed: the peer does not read
 *   draining   mark echoed, or due by our own clock             draining, or idle after the last: outcome `played`
 *   any        clear: outcome `interrupted` for all             idle, under a new generation
 *   any        close: the same, and nothing is sent             closed
 *   closed     any                                              closed: listed no-op
 *
 * A fill in any other state ends at once. What waits for its audio fails at its own moment also while a filler is sent.
 *
 * A mark's echo counts only under the name of an item that is still in the queue: a mark of an older generation was
 * discarded by the carrier, not heard. Whether echoes can be waited for at all says `mark-trust.ts`; how far ahead audio
 * is sent, `pacer.ts`.
 */
import type { Clock } from '../clock.ts';
import type { AudioRecorder } from './audio-recorder.ts';
import type { Audible } from './barge-in.ts';
import { SENT } from './carrier-socket.ts';
import { MarkTrust } from './mark-trust.ts';
import { Pacer } from './pacer.ts';
import { NOTHING_DBFS, PlaybackItem } from './playback-item.ts';
import { PlaybackQueue } from './playback-queue.ts';
import type { PlaybackHooks, PlaybackOf, PlaybackState, PlayOutcome } from './playback-state.ts';
import { PlayoutLevel } from './playout-level.ts';
import type { PromptShelf, PromptWaiter } from './prompt-registry.ts';
import type { WheelTimer, WheelTimers } from './timer-wheel.ts';
import type { Transport } from './transport.ts';

const HELD_RETRY_MS = 50;
const HELD_MAX_MS = 10_000;
/** After `finish`, a mark is waited for so long and no longer. */
const LAST_MARK_WAIT_MAX_MS = 5000;
/** What the network may add where only our clock says that a prompt was heard. */
const OWN_CLOCK_GRACE_MS = 300;
/** A mark earlier than this before its due time cannot mean that the audio was heard. */
const EARLY_MS = 60;
/** A mark later than this is more than the network: the carrier's playback had stalled. */
const STALL_MS = 750;
/** Our marks: `g<generation>.<playId>`. */
const MARK_NAME = /^g\d+\.-?\d+$/;

const IDLE: PlaybackState = { kind: 'idle' };
const WAITING: PlaybackState = { kind: 'waiting' };
const SENDING: PlaybackState = { kind: 'sending' };
const DRAINING: PlaybackState = { kind: 'draining' };
const CLOSED: PlaybackState = { kind: 'closed' };

export class Playback implements PromptWaiter {
  readonly #clock: Clock;
  readonly #wheel: WheelTimers;
  readonly #registry: PromptShelf;
  readonly #transport: Transport;
  readonly #audioWaitMaxMs: number;
  readonly #hooks: PlaybackHooks;
  readonly #timer: WheelTimer;
  readonly #pacer: Pacer;
  readonly #level = new PlayoutLevel();
  readonly #trust = new MarkTrust();
  #state: PlaybackState = IDLE;
  readonly #queue = new PlaybackQueue();
  #finish: 'no' | 'asked' | 'told' = 'no';
  #generation = 0;
  #toldAudible: Audible = 'nothing';
  #toldIdle = true;
  #staleMarks = 0;
  #unknownMarks = 0;

  constructor(of: PlaybackOf, hooks: PlaybackHooks) {
    this.#clock = of.clock;
    this.#wheel = of.wheel;
    this.#registry = of.registry;
    this.#transport = of.transport;
    this.#audioWaitMaxMs = of.audioWaitMaxMs;
    this.#pacer = new Pacer(of.transport, of.gaps ?? null);
    this.#hooks = hooks;
    this.#timer = of.wheel.createTimer(() => this.#guard(() => this.#advance(this.#clock.nowMs())));
  }

  /** Told from now on of what is sent and when it is heard, and of what was sent before and is not heard yet. */
  set recorder(recorder: AudioRecorder | null) {
    this.#pacer.recorder = recorder;
    if (recorder === null) return;
    for (const item of this.#queue.items) if (item.sentBytes > 0) recorder.underWay(item);
  }

  get state(): PlaybackState {
    return this.#state;
  }

  /** Nothing is queued and no mark is awaited. */
  get isIdle(): boolean {
    return this.#queue.isEmpty;
  }

  /** Marks that came back under a name we did not wait for. */
  get strayMarks(): { readonly stale: number; readonly unknown: number } {
    return { stale: this.#staleMarks, unknown: this.#unknownMarks };
  }

  /** Queues a prompt. It plays without a gap after what is queued. No-op after `finish` and `close`. */
  enqueue(play: { readonly playId: number; readonly promptKey: string; readonly bargeIn: boolean }): void {
    if (this.#state.kind === 'closed' || this.#finish !== 'no') return;
    const item = new PlaybackItem(play, this.#generation);
    const hasRoom = !this.#queue.isFull;
    this.#queue.add(item);
    const taken = hasRoom && (this.#claim(item) || this.#wait(item));
    const nowMs = this.#clock.nowMs();
    if (!taken) this.#end(item, 'failed', nowMs);
    this.#advance(nowMs);
  }

  /**
   * Something to be heard in a silence: before what waits for its audio, and not at all (`interrupted`) where anything can
   * be heard, or this is not here itself. What waits goes on waiting, to its own deadline. After `finish`, too, until the
   * end was told; no-op after `close`.
   */
  fill(play: { readonly playId: number; readonly promptKey: string }): void {
    if (this.#state.kind === 'closed') return;
    const nowMs = this.#clock.nowMs();
    // Before a prompt that nobody has heard yet, words are no answer, and must not clear it.
    const bargeIn = this.#queue.items.every(({ prompt }) => prompt !== null);
    const item = new PlaybackItem({ ...play, bargeIn }, this.#generation);
    const isWanted = this.#queue.isSilent(nowMs) && !this.#queue.isFull && this.#finish !== 'told';
    if (!isWanted || !this.#claim(item)) {
      this.#hooks.ended(play.playId, 'interrupted', 0, 0);
      return;
    }
    this.#queue.addBeforeWaiting(item);
    this.#advance(nowMs);
  }

  promptReady(key: string): void {
    this.#guard(() => {
      const nowMs = this.#clock.nowMs();
      for (const item of this.#queue.awaiting(key)) {
        if (!this.#claim(item)) this.#end(item, 'failed', nowMs);
      }
      this.#advance(nowMs);
    });
  }

  promptFailed(key: string): void {
    this.#guard(() => {
      const nowMs = this.#clock.nowMs();
      for (const item of this.#queue.awaiting(key)) this.#end(item, 'failed', nowMs);
      this.#advance(nowMs);
    });
  }

  /** The carrier echoed a mark. It stands for every earlier one too: they come in order. */
  markEchoed(name: string): void {
    if (this.#state.kind === 'closed') return;
    const index = this.#queue.indexOfMark(name);
    if (index >= 0 || MARK_NAME.test(name)) this.#trust.echoed();
    if (index >= 0) this.#heardUpTo(index, this.#clock.nowMs());
    else if (MARK_NAME.test(name)) this.#staleMarks++;
    else this.#unknownMarks++;
  }

  /** One act: the queue is dropped, the generation goes up, and the carrier empties what it may still hold. */
  clear(): void {
    if (this.#state.kind === 'closed' || this.#queue.isEmpty) return;
    const nowMs = this.#clock.nowMs();
    const mayBeHeld = this.#queue.mayBeHeld();
    this.#generation++;
    this.#pacer.cleared(nowMs);
    const cleared = mayBeHeld ? this.#transport.sendClear() : SENT.sent;
    for (const item of [...this.#queue.items]) this.#end(item, 'interrupted', nowMs);
    this.#advance(nowMs);
    if (cleared === SENT.dropped) this.#hooks.peerDoesNotRead();
  }

  /** Takes nothing more; `finished` is told once the queue has been heard, 5 s after its due time at the latest. */
  finish(): void {
    if (this.#state.kind === 'closed' || this.#finish !== 'no') return;
    this.#finish = 'asked';
    this.#advance(this.#clock.nowMs());
  }

  /** The socket has room again. */
  drained(): void {
    this.#advance(this.#clock.nowMs());
  }

  pong(): void {
    this.#trust.pong();
    this.#advance(this.#clock.nowMs());
  }

  /** The stream is over: what is queued ends as `interrupted`, and nothing is sent. Idempotent. */
  close(): void {
    if (this.#state.kind === 'closed') return;
    this.#state = CLOSED;
    this.#wheel.stop(this.#timer);
    const nowMs = this.#clock.nowMs();
    for (const item of [...this.#queue.items]) this.#end(item, 'interrupted', nowMs);
    this.#level.close();
  }

  /** What the caller may be hearing from us now. */
  audible(): Audible {
    return this.#queue.audible(this.#clock.nowMs());
  }

  /** How loud the caller hears us about now, dBFS: -100 for silence, `NOTHING_DBFS` where nothing plays; the loudest of the next 100 ms, too. */
  playoutDbfs(): number {
    const { items } = this.#queue;
    if (this.#level.isSilent(items)) return NOTHING_DBFS;
    return this.#level.loudestDbfs(items, this.#clock.nowMs());
  }

  /** What was audible last still echoes, and nothing else plays. */
  get isFading(): boolean {
    return this.#level.isFading(this.#queue.items);
  }

  /** Everything that is due at `nowMs`; after it the state, the timer and the hooks are right. */
  #advance(nowMs: number): void {
    if (this.#state.kind === 'closed') return;
    this.#endWhatIsDue(nowMs);
    const dead = this.#state.kind === 'held' && nowMs >= this.#state.untilAtMs;
    const marks = this.#trust.check(this.#markDueAtMs(), nowMs);
    if (dead || marks === 'dead') {
      this.#hooks.peerDoesNotRead();
      return;
    }
    if (marks === 'ping') this.#transport.ping();
    this.#state = this.#send(nowMs);
    this.#setTimer(nowMs);
    this.#tell();
  }

  #endWhatIsDue(nowMs: number): void {
    for (let item = this.#queue.first; item !== undefined; item = this.#queue.first) {
      if (nowMs < this.#endsAtMs(item)) break;
      this.#end(item, 'played', nowMs);
    }
    const late = this.#queue.waiting();
    if (late?.waitsUntilAtMs != null && nowMs >= late.waitsUntilAtMs) this.#end(late, 'failed', nowMs);
  }

  /** When the first item counts as heard without a further mark. */
  #endsAtMs(item: PlaybackItem): number {
    if (item.stage !== 'sent') return Number.POSITIVE_INFINITY;
    if (item.echoedEarly) return item.sentUntilAtMs;
    if (this.#trust.state.kind === 'own clock') return item.sentUntilAtMs + OWN_CLOCK_GRACE_MS;
    return this.#finish === 'no' ? Number.POSITIVE_INFINITY : item.sentUntilAtMs + LAST_MARK_WAIT_MAX_MS;
  }

  /** Due time of the first mark that is awaited and whose lateness would say something; null if there is none. */
  #markDueAtMs(): number | null {
    const { first } = this.#queue;
    return first?.stage === 'sent' && !first.echoedEarly ? first.sentUntilAtMs : null;
  }

  /** Sends what lead and buffer allow; returns the state that this leaves. */
  #send(nowMs: number): PlaybackState {
    let sentAny = false;
    for (;;) {
      const item = this.#queue.nextToSend();
      if (item === undefined) return this.#queue.isEmpty ? IDLE : DRAINING;
      if (item.prompt === null) {
        // Counted from the first time, whatever is played in between.
        item.waitsUntilAtMs ??= nowMs + this.#audioWaitMaxMs;
        return WAITING;
      }
      if (nowMs < this.#pacer.sendAtMs(item)) return SENDING;
      const isSent = this.#pacer.send(item, nowMs);
      if (item.sentBytes > 0 && !item.hasStarted) {
        item.hasStarted = true;
        this.#hooks.started(item.playId);
      }
      if (!isSent) {
        if (this.#state.kind === 'held' && !sentAny) return this.#state;
        return { kind: 'held', untilAtMs: nowMs + HELD_MAX_MS };
      }
      sentAny = true;
    }
  }

  /** The mark of the item at `index` came back. */
  #heardUpTo(index: number, nowMs: number): void {
    const { items } = this.#queue;
    const item = items[index]!;
    const lateMs = nowMs - item.sentUntilAtMs;
    if (lateMs > STALL_MS) this.#pacer.stalledUntil(nowMs, items.slice(index + 1));
    else if (lateMs >= -EARLY_MS) this.#level.roundTripTook(lateMs);
    for (const heard of items.slice(0, index + 1)) {
      if (lateMs < -EARLY_MS) heard.echoedEarly = true;
      else this.#end(heard, 'played', nowMs);
    }
    this.#advance(nowMs);
  }

  #setTimer(nowMs: number): void {
    const { first, items } = this.#queue;
    let atMs = this.#trust.checkAtMs(this.#markDueAtMs());
    if (first !== undefined) atMs = Math.min(atMs, this.#endsAtMs(first));
    for (const item of items) {
      if (item.stage === 'sent' && !item.isOver(nowMs)) atMs = Math.min(atMs, item.sentUntilAtMs);
      else if (item.prompt !== null && this.#state.kind === 'sending' && item.stage !== 'sent') {
        atMs = Math.min(atMs, this.#pacer.sendAtMs(item));
        break;
      }
    }
    atMs = Math.min(atMs, this.#queue.waiting()?.waitsUntilAtMs ?? Number.POSITIVE_INFINITY);
    if (this.#state.kind === 'held') atMs = Math.min(atMs, nowMs + HELD_RETRY_MS);
    if (atMs === Number.POSITIVE_INFINITY) this.#wheel.stop(this.#timer);
    else this.#wheel.startAt(this.#timer, atMs);
  }

  #tell(): void {
    const audible = this.audible();
    if (audible !== this.#toldAudible || this.isIdle !== this.#toldIdle) {
      this.#toldAudible = audible;
      this.#toldIdle = this.isIdle;
      this.#hooks.changed();
    }
    if (this.#finish === 'asked' && this.isIdle) {
      this.#finish = 'told';
      this.#hooks.finished();
    }
  }

  /** Takes the item's audio from the registry. False: it is not there, or of another format than the stream. */
  #claim(item: PlaybackItem): boolean {
    const prompt = this.#registry.acquire(item.promptKey);
    if (prompt === undefined) return false;
    const { format } = this.#transport;
    if (prompt.format.codec === format.codec && prompt.format.sampleRateHz === format.sampleRateHz) {
      item.setPrompt(prompt);
      return true;
    }
    this.#registry.release(item.promptKey);
    return false;
  }

  #wait(item: PlaybackItem): boolean {
    return !this.#registry.has(item.promptKey) && this.#registry.wait(item.promptKey, this);
  }

  /** The only way out of the queue. */
  #end(item: PlaybackItem, outcome: PlayOutcome, nowMs: number): void {
    this.#queue.remove(item);
    const { promptKey, prompt } = item;
    if (prompt !== null) this.#registry.release(promptKey);
    else if (this.#queue.awaiting(promptKey).length === 0) this.#registry.stopWaiting(promptKey, this);
    const playedMs = outcome === 'played' ? (prompt?.durationMs ?? 0) : item.playedMs(nowMs);
    if (playedMs > 0) this.#level.ended(item, nowMs);
    this.#hooks.ended(item.playId, outcome, Math.round(playedMs), Math.round(item.toMs(item.sentBytes)));
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.#hooks.threw(thrown);
    }
  }
}
