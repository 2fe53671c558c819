/**
 * The wall-clock watches of one stream, on one beat a second, so that no frame reads a clock: a start that does not come,
 * media that stops, the longest call, and the flood guard's second. Exact to a beat, and never late by one: the beat that
 * sees silence comes up to a second after it began. I/O thread.
 */
import type { Clock } from '../clock.ts';
import { FloodGuard } from './flood-guard.ts';
import { togetherAfter, type WheelTimer, type WheelTimers } from './timer-wheel.ts';

const BEAT_MS = 1000;
const START_MAX_MS = 10_000;
/** 29 beats without media are 29 to 30 s of silence. */
const SILENT_BEATS_MAX = 29;

export interface StreamWatchHooks {
  noStart(): void;
  noMedia(): void;
  /** At every beat from the limit on, until the watch is closed. */
  timeLimit(): void;
  threw(thrown: unknown): void;
}

export class StreamWatch {
  readonly flood = new FloodGuard();
  readonly #clock: Clock;
  readonly #wheel: WheelTimers;
  readonly #hooks: StreamWatchHooks;
  readonly #callMaxMs: number;
  #limitAtMs: number;
  readonly #openedAtMs: number;
  readonly #timer: WheelTimer;
  #nextBeatAtMs: number;
  #started = false;
  #mediaInBeat = false;
  #silentBeats = 0;

  constructor(
    plane: { readonly clock: Clock; readonly wheel: WheelTimers },
    callMaxMs: number,
    hooks: StreamWatchHooks,
  ) {
    this.#clock = plane.clock;
    this.#wheel = plane.wheel;
    this.#hooks = hooks;
    this.#callMaxMs = callMaxMs;
    this.#openedAtMs = plane.clock.nowMs();
    this.#limitAtMs = this.#openedAtMs + callMaxMs;
    this.#nextBeatAtMs = togetherAfter(this.#openedAtMs + BEAT_MS);
    this.#timer = plane.wheel.createTimer(() => this.#beat());
    plane.wheel.startAt(this.#timer, this.#nextBeatAtMs);
  }

  startCame(): void {
    this.#started = true;
    this.#silentBeats = 0;
  }

  /** The call is older than its stream: the limit comes so much earlier, and never later than by the stream's opening. */
  callBegan(agoMs: number): void {
    this.#limitAtMs = Math.min(this.#limitAtMs, this.#clock.nowMs() + this.#callMaxMs - agoMs);
  }

  /** Some time in this beat. */
  mediaCame(): void {
    this.#mediaInBeat = true;
  }

  /** Idempotent. */
  close(): void {
    this.#wheel.stop(this.#timer);
  }

  #beat(): void {
    const nowMs = this.#clock.nowMs();
    const openMs = nowMs - this.#openedAtMs;
    this.#nextBeatAtMs += BEAT_MS;
    if (this.#nextBeatAtMs <= nowMs) this.#nextBeatAtMs = togetherAfter(nowMs + BEAT_MS);
    this.flood.secondPassed();
    this.#silentBeats = this.#mediaInBeat ? 0 : this.#silentBeats + 1;
    this.#mediaInBeat = false;
    this.#wheel.startAt(this.#timer, this.#nextBeatAtMs);
    try {
      if (!this.#started && openMs >= START_MAX_MS) this.#hooks.noStart();
      else if (this.#started && this.#silentBeats >= SILENT_BEATS_MAX) this.#hooks.noMedia();
      else if (nowMs >= this.#limitAtMs) this.#hooks.timeLimit();
    } catch (thrown) {
      this.#hooks.threw(thrown);
    }
  }
}
