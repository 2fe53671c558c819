/**
 * How late a thread's event loop runs what is due: one timer, held against its due time. A thread has one of these, and
 * whoever wants its samples shares it: on an idle machine a wake-up costs more than all that is done in it. Not Node's
 * monitorEventLoopDelay, which wakes a hundred times a second, and after each reset leaves out the next sample, the one
 * after a stall. Any thread.
 */
import type { Clock, Timer } from '../clock.ts';
import type { ThreadMeter } from './thread-meter.ts';

/** For threads whose lateness nothing but a scrape asks for. */
const METER_PERIOD_MS = 500;

/** `look` is told each period how late it is, in milliseconds, from now on until what is returned is called. */
export function watchLoop(clock: Clock, periodMs: number, look: (lateMs: number) => void): () => void {
  let timer: Timer;
  const wait = (): void => {
    const dueAtMs = clock.nowMs() + periodMs;
    timer = clock.setTimer(periodMs, () => {
      const lateMs = Math.max(0, clock.nowMs() - dueAtMs);
      wait();
      look(lateMs);
    });
  };
  wait();
  return () => clock.clearTimer(timer);
}

/** Twice a second, into this thread's meter. */
export function meterLoop(clock: Clock, meter: ThreadMeter): () => void {
  const delay = meter.of('loopDelay');
  return watchLoop(clock, METER_PERIOD_MS, (lateMs) => delay.observeMs(lateMs));
}
