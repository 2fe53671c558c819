import { describe, expect, it } from 'vitest';
import { StreamRecord } from '../../../src/server/stream-record.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const HOUR_MS = 3_600_000;

/** A store that notes when each end was. */
class NotingStore extends MemoryStore {
  readonly endedAtWallMs: (number | undefined)[] = [];

  override async finish(...end: [string, number, Parameters<MemoryStore['finish']>[2], number?]) {
    this.endedAtWallMs.push(end[3]);
    return super.finish(end[0], end[1], end[2]);
  }
}

function recordsUnderTest() {
  const clock = new FakeClock();
  const store = new NotingStore();
  const open = (attempt: number) =>
    new StreamRecord({ callSid: 'CA1', attempt, from: '', to: '', flowHash: 'f' }, { clock, store });
  return { clock, store, open };
}

describe("a stream's record", () => {
  it.each([HOUR_MS, -HOUR_MS])(
    'ends as long after its begin as the stream was on, though the wall clock is set by %i ms (s08)',
    async (stepMs) => {
      const { clock, open, store } = recordsUnderTest();
      const record = open(0);
      const beganAtWallMs = clock.wallMs();
      await record.begin(() => {});
      clock.advanceMs(20_000);
      clock.shiftWallMs(stepMs);
      clock.advanceMs(5000);
      await record.finish('completed');
      expect(store.endedAtWallMs).toEqual([beganAtWallMs + 25_000]);
    },
  );

  it('is timed by the call, also where an earlier stream of it was lost before the clock was set (s08)', async () => {
    const { clock, open, store } = recordsUnderTest();
    const first = open(0);
    const beganAtWallMs = clock.wallMs();
    await first.begin(() => {});
    const { callBeganAtMs } = await first.takeUp(null);
    clock.advanceMs(10_000);
    await first.finish('stream lost');
    clock.shiftWallMs(-HOUR_MS);
    const second = open(1);
    await second.begin(() => {});
    const earlier = { attempt: 0, state: {}, callBeganAtMs, callWall: first.callWall };
    expect(await second.takeUp(earlier)).toEqual({ state: {}, callBeganAtMs });
    clock.advanceMs(10_000);
    await second.finish('completed');
    expect(store.endedAtWallMs).toEqual([beganAtWallMs + 10_000, beganAtWallMs + 20_000]);
  });
});
