import { describe, expect, it } from 'vitest';
import { TurnSlots } from '../../../src/speech/turn-slots.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { settled } from '../../support/voice-fakes.ts';

const never = new AbortController().signal;

function slotsUnderTest(places: number, { waitingMax = 8, isBlocking = false } = {}) {
  const clock = new FakeClock();
  const slots = new TurnSlots({ clock, provider: 'vendor', places, waitingMax, isBlocking });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  /** `name`: the call's letter, and which of its utterances. */
  const run = (name: string, signal = never, waitMaxMs = 1000) => {
    const work = () =>
      new Promise<string>((resolve) => {
        begun.push(name);
        ends.set(name, () => resolve(name));
      });
    return slots.run(name.charCodeAt(0), work, waitMaxMs, signal);
  };
  const end = async (name: string) => {
    ends.get(name)!();
    await settled();
  };
  return { begun, clock, end, run, slots };
}

describe('places with a recognizer', () => {
  it('are given in the order in which the calls came', async () => {
    const { begun, end, run, slots } = slotsUnderTest(2);
    const all = ['a1', 'b1', 'c1', 'd1'].map((name) => run(name));
    await settled();
    expect(begun).toEqual(['a1', 'b1']);
    expect(slots.counts()).toEqual({ working: 2, waiting: 2 });
    for (const name of ['b1', 'a1', 'c1', 'd1']) await end(name);
    expect(begun).toEqual(['a1', 'b1', 'c1', 'd1']);
    expect(await Promise.all(all)).toEqual(['a1', 'b1', 'c1', 'd1']);
    expect(slots.counts()).toEqual({ working: 0, waiting: 0 });
  });

  it('are not given to a call that has one while another waits', async () => {
    const { begun, end, run } = slotsUnderTest(2);
    for (const name of ['a1', 'b1', 'a2', 'b2', 'c1']) void run(name);
    await settled();
    await end('b1');
    // Of a1 and b2, c1: a has a place, b has none any more and came before c.
    expect(begun).toEqual(['a1', 'b1', 'b2']);
    await end('b2');
    expect(begun).toEqual(['a1', 'b1', 'b2', 'c1']);
    await end('c1');
    expect(begun).toEqual(['a1', 'b1', 'b2', 'c1', 'a2']);
  });

  it('may be two of one call where nobody else waits', async () => {
    const { begun, run } = slotsUnderTest(2);
    void run('a1');
    void run('a2');
    await settled();
    expect(begun).toEqual(['a1', 'a2']);
  });

  it('are free again after work that failed', async () => {
    const { begun, run, slots } = slotsUnderTest(1);
    const failed = slots.run(1, () => Promise.reject(new Error('down')), 1000, never);
    void run('b1');
    await expect(failed).rejects.toThrow('down');
    await settled();
    expect(begun).toEqual(['b1']);
  });

  it('are waited for by so many and no more', async () => {
    const { run } = slotsUnderTest(1, { waitingMax: 2 });
    for (const name of ['a1', 'b1', 'c1']) void run(name);
    await expect(run('d1')).rejects.toMatchObject({ code: 'ERR_CAPACITY' });
  });

  it('are waited for so long and no longer', async () => {
    const { begun, clock, end, run, slots } = slotsUnderTest(1);
    void run('a1');
    const late = run('b1', never, 500);
    void run('c1');
    clock.advanceMs(500);
    await expect(late).rejects.toMatchObject({ code: 'ERR_CAPACITY', message: /vendor .* within 500 ms/ });
    await end('a1');
    expect(begun).toEqual(['a1', 'c1']);
    expect(clock.pendingTimers()).toBe(0);
    await end('c1');
    expect(slots.counts()).toEqual({ working: 0, waiting: 0 });
  });

  it('are not waited for any more once the utterance is withdrawn', async () => {
    const { clock, run, slots } = slotsUnderTest(1);
    void run('a1');
    const abort = new AbortController();
    const gone = run('b1', abort.signal);
    const reason = new Error('gone');
    abort.abort(reason);
    await expect(gone).rejects.toBe(reason);
    await expect(run('c1', abort.signal)).rejects.toBe(reason);
    expect([slots.counts().waiting, clock.pendingTimers()]).toEqual([0, 0]);
  });

  it('of work that keeps the thread are given one a turn of the loop', async () => {
    const { slots } = slotsUnderTest(1, { isBlocking: true });
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const turnOf = () => slots.run(null, async () => turns, 1000, never);
    const all = await Promise.all(Array.from({ length: 5 }, turnOf));
    isOver = true;
    expect(new Set(all).size).toBe(5);
  });
});
