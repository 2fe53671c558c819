/**
 * Time, in place of media that does not come. The receiver counts media time, so media that stops in the middle of a
 * question would stop the no-input count and leave speech without an end; with gaps told to it, time goes on. Not the
 * watch that ends a stream without media (`stream-watch.ts`): that one sees what the carrier sent, and bounds this one.
 * I/O thread.
 *
 *   state      event                                     next state
 *   flowing    a step without media, the fourth in turn  filling: the steps that were waited are counted
 *   filling    a step without media                      filling: a step of silence passes
 *   filling    media                                     settling: all that was silent is taken back
 *   settling   two steps passed                          flowing: what of it did not come late is counted
 *   settling   a fourth step without media               filling, after the same
 *
 * A network that froze sends its audio late and at once, and then the gap has been counted before its audio is. So the
 * count is taken back when media returns, and what never came is counted again.
 */
import type { NativeStreamReceiver, ReceiverCounters } from '../audio/addon-types.ts';
import type { Clock } from '../clock.ts';
import type { GapCounts } from './gap-counts.ts';
import type { Hearing } from './hearing.ts';
import { togetherAfter, type WheelTimer, type WheelTimers } from './timer-wheel.ts';

/** Twelve frames of 20 ms. */
const STEP_MS = 240;
/** About a second: less is jitter. */
const STEPS_BEFORE_FILLING = 4;
/** A burst arrives within a few milliseconds; a slow one is at least well under way. */
const STEPS_TO_SETTLE = 2;

export interface MediaGapOf {
  readonly receiver: NativeStreamReceiver;
  readonly playback: { playoutDbfs(): number };
  readonly hearing: Pick<Hearing, 'found' | 'countSilence'>;
  /** Whether the call listens at all: else nothing is told. */
  isLive(): boolean;
  /** Media came since the step before. */
  mediaCame(): void;
  threw(thrown: unknown): void;
}

export class MediaGap {
  readonly #clock: Clock;
  readonly #wheel: WheelTimers;
  readonly #of: MediaGapOf;
  readonly #gaps: GapCounts | null;
  readonly #timer: WheelTimer;
  #nextStepAtMs: number;
  /** Where the receiver's time stood after the last step: it sees all media, also what JavaScript does not. */
  #mediaMs: number;
  #silentSteps = 0;
  #state: 'flowing' | 'filling' | 'settling' = 'flowing';
  #silentMs = 0;
  #fills = 0;
  /** While settling: when media came back, and where the receiver's time stood then. */
  #resumedAtMs = 0;
  #resumedAtMediaMs = 0;

  /** Begins at once. */
  constructor(
    plane: { readonly clock: Clock; readonly wheel: WheelTimers; readonly gaps?: GapCounts },
    of: MediaGapOf,
  ) {
    this.#gaps = plane.gaps ?? null;
    this.#clock = plane.clock;
    this.#wheel = plane.wheel;
    this.#of = of;
    this.#mediaMs = of.receiver.mediaMs();
    this.#nextStepAtMs = togetherAfter(plane.clock.nowMs() + STEP_MS);
    this.#timer = plane.wheel.createTimer(() => this.#step());
    plane.wheel.startAt(this.#timer, this.#nextStepAtMs);
  }

  /** The receiver's, and how often the gap was filled. */
  counters(): ReceiverCounters & { readonly mediaGapFills: number } {
    return { ...this.#of.receiver.counters(), mediaGapFills: this.#fills };
  }

  /** For how long nothing has come; 0 while media flows. */
  get openMs(): number {
    return this.#state === 'filling' ? this.#silentMs : 0;
  }

  /** JavaScript has seen some: the first after a gap that was filled, and few of those that follow. */
  mediaSeen(): void {
    if (this.#state === 'filling') this.#resume();
  }

  /** Idempotent. */
  close(): void {
    this.#wheel.stop(this.#timer);
  }

  /** Counts steps, not the clock: after a stall of our own thread, media waits in the socket and was not missing. */
  #step(): void {
    const nowMs = this.#clock.nowMs();
    this.#nextStepAtMs += STEP_MS;
    if (this.#nextStepAtMs <= nowMs) this.#nextStepAtMs = togetherAfter(nowMs + STEP_MS);
    this.#wheel.startAt(this.#timer, this.#nextStepAtMs);
    try {
      const { mediaCame, receiver } = this.#of;
      const hasCome = receiver.mediaMs() > this.#mediaMs;
      this.#silentSteps = hasCome ? 0 : this.#silentSteps + 1;
      if (hasCome) {
        mediaCame();
        this.mediaSeen();
      }
      this.#advance(nowMs);
      this.#mediaMs = receiver.mediaMs();
    } catch (thrown) {
      this.#of.threw(thrown);
    }
  }

  #advance(nowMs: number): void {
    const isSilent = this.#silentSteps >= STEPS_BEFORE_FILLING;
    if (this.#state === 'filling') {
      this.#silentMs += STEP_MS;
      this.#fill();
    } else if (this.#state === 'settling' && (isSilent || nowMs >= this.#settledAtMs())) {
      this.#settle(nowMs);
    }
    if (this.#state === 'flowing' && isSilent) {
      this.#state = 'filling';
      this.#silentMs = STEPS_BEFORE_FILLING * STEP_MS;
      if (this.#gaps !== null) this.#gaps.mediaGaps += 1;
      this.#of.hearing.countSilence(this.#silentMs);
    }
  }

  #fill(): void {
    const { hearing, isLive, playback, receiver } = this.#of;
    if (!isLive()) return;
    const found = receiver.receiveGap(STEP_MS, playback.playoutDbfs());
    this.#fills++;
    if (found !== 0) hearing.found(found);
  }

  #resume(): void {
    this.#state = 'settling';
    this.#resumedAtMs = this.#clock.nowMs();
    this.#resumedAtMediaMs = this.#of.receiver.mediaMs();
    this.#of.hearing.countSilence(-this.#silentMs);
  }

  #settledAtMs(): number {
    return this.#resumedAtMs + STEPS_TO_SETTLE * STEP_MS;
  }

  #settle(nowMs: number): void {
    this.#state = 'flowing';
    const cameMs = this.#of.receiver.mediaMs() - this.#resumedAtMediaMs;
    const lateMs = Math.max(0, cameMs - (nowMs - this.#resumedAtMs));
    const lostMs = this.#silentMs - lateMs;
    this.#silentMs = 0;
    if (lostMs > 0) this.#of.hearing.countSilence(lostMs);
  }
}
