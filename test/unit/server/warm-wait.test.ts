import { expect, it } from 'vitest';
import { WarmWait } from '../../../src/server/warm-wait.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function rig(waitMaxMs = 4000) {
  const clock = new FakeClock();
  const readiness: { isWarm: boolean; leaving: 'no' | 'draining' } = { isWarm: false, leaving: 'no' };
  const warmWait = new WarmWait({ clock, readiness, waitMaxMs });
  let answered = 0;
  const ask = () => {
    void warmWait.wait().then(() => {
      answered += 1;
    });
  };
  const answeredAfterMs = async (byMs: number) => {
    clock.advanceMs(byMs);
    await Promise.resolve();
    await Promise.resolve();
    return answered;
  };
  return { ask, answeredAfterMs, clock, readiness };
}

it('holds all that ask back until the server is warm, and nobody after that', async () => {
  const { ask, answeredAfterMs, clock, readiness } = rig();
  ask();
  ask();
  expect(await answeredAfterMs(1000)).toBe(0);
  readiness.isWarm = true;
  expect(await answeredAfterMs(25)).toBe(2);
  ask();
  expect(await answeredAfterMs(0)).toBe(3);
  expect(clock.pendingTimers()).toBe(0);
});

it('holds each back for so long at most', async () => {
  const { ask, answeredAfterMs, clock } = rig();
  ask();
  await answeredAfterMs(1000);
  ask();
  expect(await answeredAfterMs(2999)).toBe(0);
  expect(await answeredAfterMs(1)).toBe(1);
  expect(await answeredAfterMs(1000)).toBe(2);
  expect(clock.pendingTimers()).toBe(0);
});

it('holds nobody back when the server leaves, or where it is told not to', async () => {
  const leaving = rig();
  leaving.ask();
  leaving.readiness.leaving = 'draining';
  expect(await leaving.answeredAfterMs(25)).toBe(1);
  const never = rig(0);
  never.ask();
  expect(await never.answeredAfterMs(0)).toBe(1);
});
