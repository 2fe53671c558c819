/** The machine's one monotonic clock, which the callers' processes read too: their times and ours can be compared. */
import { type Clock, systemClock } from '../clock.ts';

export const monotonicClock: Clock = {
  ...systemClock,
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
};
