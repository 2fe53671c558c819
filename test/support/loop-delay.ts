/** Loops that are as late as a test says: the machine that runs it may be busy with something else. */
import type { LoopDelay } from '../../src/server/loop-delay.ts';

export const ON_TIME: LoopDelay = { readLateMs: () => 0, close: () => {} };

export class SetLoopDelay implements LoopDelay {
  lateMs = 0;
  readonly close = (): void => {};

  readLateMs(): number {
    return this.lateMs;
  }
}
