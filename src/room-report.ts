/** Tells the store thread how many more calls could be begun here, for the outbound ones that it places. I/O thread. */
import type { Clock, Timer } from './clock.ts';

const LOOK_EVERY_MS = 250;

export interface RoomReportParts {
  readonly clock: Clock;
  readonly room: () => number;
  readonly report: (calls: number) => void;
}

/** When it changes, until what it returns is called. */
export function beginRoomReport({ clock, report, room }: RoomReportParts): () => void {
  let timer: Timer;
  let told = 0;
  const look = (): void => {
    const calls = room();
    if (calls !== told) report(calls);
    told = calls;
    timer = clock.setTimer(LOOK_EVERY_MS, look);
  };
  look();
  return () => clock.clearTimer(timer);
}
