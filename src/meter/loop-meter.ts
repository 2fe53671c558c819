/**
 * How late a thread's event loop is: the lateness of a timer of ours, four times a second. Node's own monitor would wake
 * each thread a hundred times a second for it. Any thread.
 */
import type { Clock, Timer } from '../clock.ts';
import type { ThreadMeter } from './thread-meter.ts';

const LOOK_MS = 250;

/** From now on until what it returns is called. */
export function beginLoopMeter(clock: Clock, meter: ThreadMeter): () => void {
  let timer: Timer;
  const look = (): void => {
    const dueAtMs = clock.nowMs() + LOOK_MS;
    timer = clock.setTimer(LOOK_MS, () => {
      meter.of('loopDelay').observeMs(clock.nowMs() - dueAtMs);
      look();
    });
  };
  look();
  return () => clock.clearTimer(timer);
}
