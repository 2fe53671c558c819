/**
 * How late the event loop of this thread runs what is due: a timer every 20 ms, held against its due time. Not Node's
 * monitorEventLoopDelay, which after each reset leaves out the next sample, and that is the one after a stall. I/O thread.
 */
import type { Clock, Timer } from '../clock.ts';

export interface LoopDelay {
  /** 19 of 20 samples since the last reading were no later, in milliseconds; 0 where there was none. */
  readLateMs(): number;
  /** Idempotent. */
  close(): void;
}

/** 50 samples a second: what the wake-ups cost cannot be told from noise. */
const SAMPLE_MS = 20;
/** Of some five seconds; the newest take the place of the oldest. */
const SAMPLES_MAX = 256;
const QUANTILE = 0.95;

export function watchLoopDelay(clock: Clock): LoopDelay {
  const samplesMs = new Float64Array(SAMPLES_MAX);
  let count = 0;
  let timer: Timer;
  const sampleLater = (): void => {
    const dueAtMs = clock.nowMs() + SAMPLE_MS;
    timer = clock.setTimer(SAMPLE_MS, () => {
      samplesMs[count % SAMPLES_MAX] = Math.max(0, clock.nowMs() - dueAtMs);
      count += 1;
      sampleLater();
    });
  };
  sampleLater();
  return {
    readLateMs() {
      const sorted = samplesMs.subarray(0, Math.min(count, SAMPLES_MAX)).sort();
      count = 0;
      return sorted[Math.floor(sorted.length * QUANTILE)] ?? 0;
    },
    close: () => clock.clearTimer(timer),
  };
}
