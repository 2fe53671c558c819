/**
 * How many calls may be live at once: as configured, and fewer while the loop that moves their audio is late. Calls that
 * are in stay in; what is lowered is how many more come. I/O thread.
 *
 *   state     each second                       next state
 *   full      late, for the third time running  lowered, to the calls that are in; not while they are few
 *   lowered   late, for the third time running  no higher than the calls that are in, down to a tenth of all
 *   lowered   on time, five times running       a twentieth higher, and each second that stays so; full when it is all back
 *   any       neither late nor on time          as it is; both counts begin anew
 *
 * Between `LATE_MS` and `ON_TIME_MS`, and between three seconds and five, lies what keeps it from flapping. A single stall
 * (a collection, a suspended machine) lowers nothing.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { LoopDelay } from './loop-delay.ts';

const LOOK_MS = 1000;
/** Above it a caller notices that answers come late. Prompts are sent a second ahead and are not yet in danger. */
const LATE_MS = 60;
const ON_TIME_MS = 20;
const LATE_LOOKS = 3;
const ON_TIME_LOOKS = 5;
const RAISE_RATIO = 0.05;
/** With fewer calls the cause is something else (a start, another program), and to refuse callers would help nobody. */
const FLOOR_RATIO = 0.1;

/** As `/readyz` shows it. */
export interface Capacity {
  /** Calls that may be live now. */
  readonly limit: number;
  /** `MAX_CALLS`, or what was measured in its place. */
  readonly configured: number;
  readonly inUse: number;
  readonly lowered: boolean;
}

export interface CallLimitParts {
  readonly configured: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly loopDelay: LoopDelay;
  /** Slots in use. */
  readonly inUse: () => number;
}

export class CallLimit {
  readonly #parts: CallLimitParts;
  #calls: number;
  #lateLooks = 0;
  #onTimeLooks = 0;
  #timer: Timer;

  constructor(parts: CallLimitParts) {
    this.#parts = parts;
    this.#calls = parts.configured;
    this.#timer = this.#lookLater();
  }

  /** Calls that may be live at once now. */
  get calls(): number {
    return this.#calls;
  }

  capacity(): Capacity {
    const { configured, inUse } = this.#parts;
    return { limit: this.#calls, configured, inUse: inUse(), lowered: this.#calls < configured };
  }

  /** Idempotent. */
  close(): void {
    this.#parts.clock.clearTimer(this.#timer);
    this.#parts.loopDelay.close();
  }

  #lookLater(): Timer {
    return this.#parts.clock.setTimer(LOOK_MS, () => {
      this.#timer = this.#lookLater();
      this.#look(this.#parts.loopDelay.readLateMs());
    });
  }

  #look(lateMs: number): void {
    this.#lateLooks = lateMs > LATE_MS ? this.#lateLooks + 1 : 0;
    this.#onTimeLooks = lateMs < ON_TIME_MS ? this.#onTimeLooks + 1 : 0;
    if (this.#lateLooks >= LATE_LOOKS) this.#lower(lateMs);
    else if (this.#onTimeLooks >= ON_TIME_LOOKS) this.#raise();
  }

  #lower(lateMs: number): void {
    const { configured, inUse, log } = this.#parts;
    const floor = Math.max(1, Math.ceil(configured * FLOOR_RATIO));
    const used = inUse();
    const wasFull = this.#calls === configured;
    if (wasFull && used < floor) return;
    const limit = Math.max(floor, Math.min(this.#calls, used));
    this.#calls = limit;
    if (!wasFull || limit === configured) return;
    const durationMs = Math.round(lateMs);
    log.warn(
      { event: 'capacity.lowered', limit, configured, durationMs },
      'the event loop is late: no more calls than there are until it is on time',
    );
  }

  #raise(): void {
    const { configured, log } = this.#parts;
    if (this.#calls === configured) return;
    this.#calls = Math.min(configured, this.#calls + Math.max(1, Math.ceil(configured * RAISE_RATIO)));
    if (this.#calls === configured)
      log.info({ event: 'capacity.restored', limit: configured }, 'the event loop is on time again');
  }
}
