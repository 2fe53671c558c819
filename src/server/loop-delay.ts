/**
 * How late the event loop of the I/O thread runs what is due, for all who ask: how many calls may come, the log when it stood
 * still (nobody's audio moved meanwhile, and nothing else in here would tell), and the meter.
 */
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { watchLoop } from '../meter/loop-lateness.ts';

export interface LoopDelay {
  /** 4 of 5 samples since the last reading were no later, in milliseconds; 0 where there was none. */
  readLateMs(): number;
  /** Idempotent. */
  close(): void;
}

export interface LoopDelayOf {
  readonly clock: Clock;
  readonly log: Log;
  /** Each sample, in milliseconds. */
  readonly observeMs?: (lateMs: number) => void;
}

const SAMPLE_MS = 100;
/** Of some five seconds; the newest take the place of the oldest. */
const SAMPLES_MAX = 50;
/** Of the ten samples of a second one may be late by itself: a collection, a file that was read. */
const QUANTILE = 0.8;
/** A caller hears a gap of this length, whatever lead the playback had. */
const STALL_MS = 1000;

export function watchLoopDelay({ clock, log, observeMs }: LoopDelayOf): LoopDelay {
  const samplesMs = new Float64Array(SAMPLES_MAX);
  let count = 0;
  const close = watchLoop(clock, SAMPLE_MS, (lateMs) => {
    samplesMs[count % SAMPLES_MAX] = lateMs;
    count += 1;
    observeMs?.(lateMs);
    const durationMs = Math.round(lateMs);
    if (durationMs >= STALL_MS) {
      log.error({ event: 'loop.stalled', durationMs }, 'the event loop stood still: audio was late');
    }
  });
  return {
    readLateMs() {
      const sorted = samplesMs.subarray(0, Math.min(count, SAMPLES_MAX)).sort();
      count = 0;
      return sorted[Math.floor(sorted.length * QUANTILE)] ?? 0;
    },
    close,
  };
}
