import { describe, expect, it } from 'vitest';
import { Admission, STREAM_WAIT_MS } from '../../../src/server/admission.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const CALLER = { accountSid: 'AC1', from: '+1', to: '+2' };

function setUp(maxCalls: number) {
  const clock = new FakeClock();
  const live = new Set<string>();
  const admission = new Admission({
    limit: { calls: maxCalls },
    clock,
    live: {
      get liveCount() {
        return live.size;
      },
      isLive: (callSid) => live.has(callSid),
    },
  });
  return { clock, live, admission };
}

describe('Admission', () => {
  it('admits up to the limit and turns the next away', () => {
    const { admission } = setUp(2);
    expect(admission.request('a', CALLER)).toBe('admitted');
    expect(admission.request('b', CALLER)).toBe('admitted');
    expect(admission.request('c', CALLER)).toBe('full');
    expect(admission.inUse()).toBe(2);
  });

  it('gives a repeated webhook the slot that it has', () => {
    const { admission } = setUp(1);
    admission.request('a', CALLER);
    expect(admission.request('a', CALLER)).toBe('admitted');
    expect(admission.inUse()).toBe(1);
  });

  it('frees the slot of a call whose stream does not come within 10 s', () => {
    const { admission, clock } = setUp(1);
    admission.request('a', CALLER);
    clock.advanceMs(STREAM_WAIT_MS - 1);
    expect(admission.request('b', CALLER)).toBe('full');
    clock.advanceMs(1);
    expect(admission.request('b', CALLER)).toBe('admitted');
  });

  it('lets a repeated webhook renew its lease', () => {
    const { admission, clock } = setUp(1);
    admission.request('a', CALLER);
    clock.advanceMs(9000);
    admission.request('a', CALLER);
    clock.advanceMs(9000);
    expect(admission.request('b', CALLER)).toBe('full');
  });

  it('counts a live call that is about to come on another stream once, and still when its old one has gone', () => {
    const { admission, clock, live } = setUp(2);
    live.add('a');
    admission.renew('a', CALLER);
    expect(admission.inUse()).toBe(1);
    live.delete('a');
    expect(admission.inUse()).toBe(1);
    admission.request('a', CALLER);
    expect(admission.inUse()).toBe(1);
    clock.advanceMs(STREAM_WAIT_MS);
    expect(admission.inUse()).toBe(0);
  });

  it('has room for a call with a slot, and for one whose lease has ended only while a slot is free', () => {
    const { admission, clock, live } = setUp(1);
    admission.request('a', CALLER);
    expect(admission.hasRoomFor('a')).toBe(true);
    expect(admission.hasRoomFor('b')).toBe(false);
    clock.advanceMs(STREAM_WAIT_MS);
    expect(admission.hasRoomFor('a')).toBe(true);
    live.add('b');
    expect(admission.hasRoomFor('a')).toBe(false);
    expect(admission.hasRoomFor('b')).toBe(true);
  });

  it('asks nothing of the calls that wait when a slot is asked for', () => {
    let asked = 0;
    const live = {
      liveCount: 0,
      isLive: () => {
        asked += 1;
        return false;
      },
    };
    const admission = new Admission({ limit: { calls: 1000 }, clock: new FakeClock(), live });
    for (let call = 0; call < 500; call++) admission.request(`call ${call}`, CALLER);
    expect(asked).toBeLessThanOrEqual(2 * 500);
  });

  it('has a slot again as soon as a live call is gone', () => {
    const { admission, live } = setUp(1);
    live.add('a');
    expect(admission.request('b', CALLER)).toBe('full');
    live.delete('a');
    expect(admission.request('b', CALLER)).toBe('admitted');
  });

  it('keeps a call that was let in, over the limit too', () => {
    const { admission, live } = setUp(1);
    live.add('other');
    admission.renew('back', CALLER);
    expect(admission.inUse()).toBe(2);
    expect(admission.request('new', CALLER)).toBe('full');
  });

  it('knows what the webhook said until the stream has come, and not for ever', () => {
    const { admission, clock } = setUp(1);
    admission.request('a', CALLER);
    clock.advanceMs(30_000);
    expect(admission.callerOf('a')).toEqual(CALLER);
    clock.advanceMs(31_000);
    expect(admission.callerOf('a').accountSid).toBe('');
  });

  it('keeps nothing of 200 webhooks that never stream', () => {
    const { admission, clock } = setUp(1000);
    for (let call = 0; call < 200; call++) admission.request(`call ${call}`, CALLER);
    expect(admission.inUse()).toBe(200);
    clock.advanceMs(60_000);
    expect(admission.inUse()).toBe(0);
    for (let call = 0; call < 200; call++) expect(admission.callerOf(`call ${call}`).accountSid).toBe('');
  });
});
