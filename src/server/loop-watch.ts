/**
 * Says in the log when the event loop stood still: nobody's audio moved meanwhile, and nothing else in here would tell.
 * I/O thread.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';

const LOOK_MS = 250;
/** A caller hears a gap of this length, whatever lead the playback had. */
const STALL_MS = 1000;

export class LoopWatch {
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Timer;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
    this.#timer = this.#look();
  }

  /** Idempotent. */
  close(): void {
    this.#clock.clearTimer(this.#timer);
  }

  #look(): Timer {
    const dueAtMs = this.#clock.nowMs() + LOOK_MS;
    return this.#clock.setTimer(LOOK_MS, () => {
      const durationMs = Math.round(this.#clock.nowMs() - dueAtMs);
      if (durationMs >= STALL_MS) {
        this.#log.error({ event: 'loop.stalled', durationMs }, 'the event loop stood still: audio was late');
      }
      this.#timer = this.#look();
    });
  }
}
