/**
 * All timers of the media plane on one wheel of 5 ms slots, driven by one system timer: thousands of timers of their
 * own cost 10-15 % of a core and drift, the wheel 4 %. Not for the call plane or for anything finer than a slot.
 * I/O thread.
 *
 *   slot      0    1    2   ...  1023      one turn is 5.12 s; a timer further ahead stays in its slot
 *             |    |    |          |       and is passed over until its own turn comes
 *             o    o-o  o          o-o-o   ring of timers, linked both ways: start and stop are O(1)
 *
 * A timer never runs early, and late by up to a slot plus the lateness of the loop. After a freeze every slot is visited
 * once, however long the freeze was. The system timer sleeps until the next slot that holds a timer.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Histogram } from '../meter/histogram.ts';

const SLOT_MS = 5;
/** A power of two, so that the slot of a tick is a mask. */
const SLOTS = 1024;

/** One timer, made once by its owner and started any number of times; starting and stopping it allocates nothing. */
export interface WheelTimer {
  /** When it is to run, on the clock's monotonic scale; meaningful while pending. */
  readonly dueAtMs: number;
  readonly pending: boolean;
}

/** The wheel as a stream has it. */
export type WheelTimers = Pick<TimerWheel, 'createTimer' | 'start' | 'startAt' | 'stop'>;

const TOGETHER_MS = 40;

/**
 * The moment from `atMs` on at which what need not be exact is done for all streams: it costs one wake-up then, not one for each stream.
 * Up to 40 ms later; of periods of 240 and 1000 ms none is shortened.
 */
export function togetherAfter(atMs: number): number {
  return Math.ceil(atMs / TOGETHER_MS) * TOGETHER_MS;
}

/** Milliseconds past their due time at which timers ran, since the last reading. */
export interface Lateness {
  readonly maxMs: number;
  readonly meanMs: number;
  readonly timers: number;
}

class Node implements WheelTimer {
  readonly callback: () => void;
  dueAtMs = 0;
  dueTick = 0;
  pending = false;
  next: Node = this;
  previous: Node = this;

  constructor(callback: () => void) {
    this.callback = callback;
  }

  linkBefore(head: Node): void {
    this.previous = head.previous;
    this.next = head;
    head.previous.next = this;
    head.previous = this;
  }

  unlink(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
  }
}

function noTimer(): void {}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #onThrow: (thrown: unknown) => void;
  readonly #originAtMs: number;
  /** Heads of the rings; a head is never due itself. */
  readonly #slots: readonly Node[] = Array.from({ length: SLOTS }, () => new Node(noTimer));
  readonly #expired = new Node(noTimer);
  /** The last tick whose slot was visited. */
  #tick = 0;
  #pending = 0;
  #turning = false;
  #wakeTick = Number.POSITIVE_INFINITY;
  #wake: Timer | null = null;
  #lateMaxMs = 0;
  #lateSumMs = 0;
  #lateTimers = 0;
  readonly #lateness: Histogram | null;

  /** `onThrow` gets what a callback threw; the other timers of the slot run all the same. `lateness`: is told of every timer. */
  constructor(clock: Clock, onThrow: (thrown: unknown) => void, lateness: Histogram | null = null) {
    this.#clock = clock;
    this.#lateness = lateness;
    this.#onThrow = onThrow;
    this.#originAtMs = clock.nowMs();
  }

  /** A timer that is not pending. Its owner keeps it and stops it at its own end. */
  createTimer(callback: () => void): WheelTimer {
    return new Node(callback);
  }

  /** Runs the timer once, at `atMs` or up to a slot later; one that is pending is moved. A past `atMs` means the next slot. */
  startAt(timer: WheelTimer, atMs: number): void {
    const node = timer as Node;
    if (node.pending) node.unlink();
    else this.#pending++;
    node.pending = true;
    node.dueAtMs = atMs;
    if (this.#pending === 1 && !this.#turning) this.#tick = this.#tickAt(this.#clock.nowMs());
    node.dueTick = Math.max(this.#tick + 1, Math.ceil((atMs - this.#originAtMs) / SLOT_MS));
    node.linkBefore(this.#slots[node.dueTick & (SLOTS - 1)]!);
    if (node.dueTick < this.#wakeTick && !this.#turning) this.#sleepUntil(node.dueTick);
  }

  /** `startAt` of now plus `delayMs`. */
  start(timer: WheelTimer, delayMs: number): void {
    this.startAt(timer, this.#clock.nowMs() + delayMs);
  }

  /** Idempotent. */
  stop(timer: WheelTimer): void {
    const node = timer as Node;
    if (!node.pending) return;
    node.pending = false;
    node.unlink();
    this.#pending--;
    if (this.#pending === 0 && !this.#turning) this.#sleepUntil(Number.POSITIVE_INFINITY);
  }

  /** Timers started and neither run nor stopped: the leak census. */
  get pendingTimers(): number {
    return this.#pending;
  }

  /** How late timers ran since the last call of this; reading it starts anew. */
  readLateness(): Lateness {
    const timers = this.#lateTimers;
    const lateness = {
      maxMs: this.#lateMaxMs,
      meanMs: timers === 0 ? 0 : this.#lateSumMs / timers,
      timers,
    };
    this.#lateMaxMs = 0;
    this.#lateSumMs = 0;
    this.#lateTimers = 0;
    return lateness;
  }

  #tickAt(atMs: number): number {
    return Math.floor((atMs - this.#originAtMs) / SLOT_MS);
  }

  #turn(): void {
    this.#wake = null;
    this.#wakeTick = Number.POSITIVE_INFINITY;
    this.#turning = true;
    const nowMs = this.#clock.nowMs();
    this.#collect(this.#tickAt(nowMs));
    for (let node = this.#expired.next; node !== this.#expired; node = this.#expired.next) {
      node.unlink();
      node.pending = false;
      this.#pending--;
      this.#noteLateness(nowMs - node.dueAtMs);
      try {
        node.callback();
      } catch (thrown) {
        this.#onThrow(thrown);
      }
    }
    this.#turning = false;
    if (this.#pending > 0) this.#sleepUntil(this.#nextOccupiedTick());
  }

  /** Moves what is due by `untilTick` to `#expired`; visits each slot once at most. */
  #collect(untilTick: number): void {
    const visits = Math.min(untilTick - this.#tick, SLOTS);
    for (let visit = 1; visit <= visits; visit++) {
      const head = this.#slots[(this.#tick + visit) & (SLOTS - 1)]!;
      let node = head.next;
      while (node !== head) {
        const following = node.next;
        if (node.dueTick <= untilTick) {
          node.unlink();
          node.linkBefore(this.#expired);
        }
        node = following;
      }
    }
    this.#tick = Math.max(this.#tick, untilTick);
  }

  #nextOccupiedTick(): number {
    for (let ahead = 1; ahead <= SLOTS; ahead++) {
      const head = this.#slots[(this.#tick + ahead) & (SLOTS - 1)]!;
      if (head.next !== head) return this.#tick + ahead;
    }
    return this.#tick + SLOTS;
  }

  #sleepUntil(tick: number): void {
    if (this.#wake !== null) this.#clock.clearTimer(this.#wake);
    this.#wake = null;
    this.#wakeTick = tick;
    if (tick === Number.POSITIVE_INFINITY) return;
    const delayMs = this.#originAtMs + tick * SLOT_MS - this.#clock.nowMs();
    this.#wake = this.#clock.setTimer(Math.max(0, delayMs), () => this.#turn());
  }

  #noteLateness(lateMs: number): void {
    this.#lateTimers++;
    this.#lateSumMs += lateMs;
    if (lateMs > this.#lateMaxMs) this.#lateMaxMs = lateMs;
    this.#lateness?.observeMs(lateMs);
  }
}
