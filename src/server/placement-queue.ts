/**
 * Calls that wait for a call worker: their own was lost and no other is ready. In order, each for a bounded time; no more
 * wait than are live. Knows no workers. I/O thread.
 */
import type { CallId } from '../channel/messages.ts';
import type { Clock, Timer } from '../clock.ts';

/** Told once: the index of the worker that has the call now, or null when none could be had in time. */
export type OnPlaced = (workerIndex: number | null) => void;

/**
 * A worker is ready in under a second, on a machine with three times its load in ten. A caller who is told now and then
 * that there will be a moment waits so long; after it an honest goodbye is better.
 */
const PLACE_WAIT_MAX_MS = 15_000;

interface WaitingCall {
  readonly timer: Timer;
  readonly onPlaced: OnPlaced;
}

export class PlacementQueue {
  readonly #clock: Clock;
  readonly #waiting = new Map<CallId, WaitingCall>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(callId: CallId, onPlaced: OnPlaced): void {
    const timer = this.#clock.setTimer(PLACE_WAIT_MAX_MS, () => this.settle(callId, null));
    this.#waiting.set(callId, { timer, onPlaced });
  }

  has(callId: CallId): boolean {
    return this.#waiting.has(callId);
  }

  /** All of them, first come first. */
  callIds(): readonly CallId[] {
    return [...this.#waiting.keys()];
  }

  /** Its wait is over. No-op for a call that does not wait. */
  settle(callId: CallId, workerIndex: number | null): void {
    const onPlaced = this.#waiting.get(callId)?.onPlaced;
    this.drop(callId);
    onPlaced?.(workerIndex);
  }

  /** It has ended: nothing is told. Idempotent. */
  drop(callId: CallId): void {
    const waiting = this.#waiting.get(callId);
    if (waiting !== undefined) this.#clock.clearTimer(waiting.timer);
    this.#waiting.delete(callId);
  }

  /** Nothing is told to anyone any more. Idempotent. */
  close(): void {
    for (const callId of this.callIds()) this.drop(callId);
  }
}
