import { describe, expect, it } from 'vitest';
import { VendorSlots } from '../../../src/speech/vendor-slots.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { settled } from '../../support/voice-fakes.ts';

const never = new AbortController().signal;

function slotsUnderTest(concurrency: number) {
  const clock = new FakeClock();
  const slots = new VendorSlots('vendor', concurrency, clock);
  const running: { name: string; end: () => void }[] = [];
  const run = (name: string, waitMaxMs = 1000, signal = never) =>
    slots.run(
      () => new Promise<string>((resolve) => running.push({ name, end: () => resolve(name) })),
      waitMaxMs,
      signal,
    );
  const names = () => running.map(({ name }) => name);
  return { clock, run, running, names };
}

describe('VendorSlots', () => {
  it('runs so many at once, and the others in their order', async () => {
    const { run, running, names } = slotsUnderTest(2);
    const all = ['a', 'b', 'c', 'd'].map((name) => run(name));
    await settled();
    expect(names()).toEqual(['a', 'b']);
    running[1]?.end();
    await settled();
    expect(names()).toEqual(['a', 'b', 'c']);
    for (let index = 0; index < 4; index++) {
      running[index]?.end();
      await settled();
    }
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('says that the vendor is busy when none is free in time, and forgets who left', async () => {
    const { clock, run, running, names } = slotsUnderTest(1);
    void run('a');
    const late = run('b', 500);
    void run('c', 60_000);
    clock.advanceMs(500);
    await expect(late).rejects.toMatchObject({ fault: 'busy', provider: 'vendor' });
    running[0]?.end();
    await settled();
    expect(names()).toEqual(['a', 'c']);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('lets go of one that is aborted while it waits', async () => {
    const { run, clock } = slotsUnderTest(1);
    void run('a');
    const abort = new AbortController();
    const gone = run('b', 500, abort.signal);
    const reason = new Error('gone');
    abort.abort(reason);
    await expect(gone).rejects.toBe(reason);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('is busy for more than may wait', async () => {
    const { run } = slotsUnderTest(1);
    for (let index = 0; index < 1 + 64; index++) void run(String(index));
    await expect(run('one more')).rejects.toMatchObject({ fault: 'busy' });
  });
});
