import { describe, expect, it } from 'vitest';
import type { CallDirectory, CallObserver } from '../../../src/server/call-directory.ts';
import { Drain } from '../../../src/server/drain.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

function setUp(calls: number, waiting = 0) {
  const clock = new FakeClock();
  const state = { calls, waiting, observer: {} as CallObserver, ended: '', done: false };
  const directory = {
    get liveCount() {
      return state.calls;
    },
    observe(observer: CallObserver) {
      state.observer = observer;
      return () => {
        state.observer = {};
      };
    },
    endAll(reason: string) {
      state.calls = 0;
      state.ended = reason;
    },
  } as unknown as CallDirectory;
  const waitingCount = () => state.waiting;
  const drain = new Drain({ clock, log: silentLog, directory, waitingCount, drainSeconds: 60 });
  const begin = () => void drain.begin().then(() => (state.done = true));
  const hangUp = () => {
    state.calls -= 1;
    state.observer.onEnd?.('CA', 'completed');
  };
  return { begin, clock, drain, hangUp, state };
}

describe('Drain', () => {
  it('is over at once when nobody calls', async () => {
    const { begin, drain, clock, state } = setUp(0);
    expect(drain.leaving).toBe('no');
    begin();
    await drain.begin();
    expect(drain.leaving).toBe('ending');
    expect(state.done).toBe(true);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('waits for the last live call', async () => {
    const { begin, drain, hangUp, state } = setUp(2);
    begin();
    hangUp();
    expect(drain.leaving).toBe('draining');
    hangUp();
    await drain.begin();
    expect(state.done).toBe(true);
  });

  it('waits for a stream whose webhook was answered, until its lease ends', async () => {
    const { begin, clock, drain, state } = setUp(0, 1);
    begin();
    expect(drain.leaving).toBe('draining');
    state.waiting = 0;
    clock.advanceMs(500);
    expect(drain.leaving).toBe('ending');
  });

  it('ends the rest at the limit', () => {
    const { begin, clock, drain, state } = setUp(3);
    begin();
    clock.advanceMs(59_999);
    expect(state.ended).toBe('');
    clock.advanceMs(1);
    expect(state.ended).toBe('shutting down');
    expect(drain.leaving).toBe('ending');
    expect(clock.pendingTimers()).toBe(0);
  });

  it('stays for the carriers of the calls that it ended, for 2 s at most', async () => {
    const { begin, clock, drain, state } = setUp(3);
    begin();
    state.waiting = 3;
    drain.hurry();
    clock.advanceMs(1000);
    await Promise.resolve();
    expect([state.ended, state.done]).toEqual(['shutting down', false]);
    state.waiting = 0;
    clock.advanceMs(50);
    await drain.begin();

    const deaf = setUp(0, 1);
    deaf.begin();
    deaf.drain.hurry();
    deaf.clock.advanceMs(2000);
    await deaf.drain.begin();
    expect(deaf.clock.pendingTimers()).toBe(0);
  });

  it('does not wait any more when hurried', async () => {
    const { begin, drain, state } = setUp(3);
    begin();
    drain.hurry();
    await drain.begin();
    expect(state.ended).toBe('shutting down');
  });
});
