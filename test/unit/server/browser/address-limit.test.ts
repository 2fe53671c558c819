import { describe, expect, it } from 'vitest';
import { AddressLimit } from '../../../../src/server/browser/address-limit.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function limitUnderTest(addressesMax = 100) {
  const clock = new FakeClock();
  const limit = new AddressLimit({ clock, atOnce: 3, intervalMs: 1000, addressesMax });
  const ask = (address: string, times: number) => Array.from({ length: times }, () => limit.waitMs(address));
  return { clock, limit, ask };
}

describe('the limit of an address', () => {
  it('grants so many at once, and says how long to wait for the next', () => {
    const { ask } = limitUnderTest();
    expect(ask('a', 5)).toEqual([0, 0, 0, 1000, 1000]);
  });

  it('grants one more as each interval passes, and no more than at once after a long silence', () => {
    const { ask, clock } = limitUnderTest();
    ask('a', 3);
    clock.advanceMs(1000);
    expect(ask('a', 2)).toEqual([0, 1000]);
    clock.advanceMs(3_600_000);
    expect(ask('a', 4)).toEqual([0, 0, 0, 1000]);
  });

  it('is of each address alone', () => {
    const { ask } = limitUnderTest();
    ask('a', 4);
    expect(ask('b', 1)).toEqual([0]);
  });

  it('remembers a bounded number of addresses, and none that nothing is held against', () => {
    const { clock, limit } = limitUnderTest(10);
    for (let index = 0; index < 1000; index++) limit.waitMs(`address ${index}`);
    expect(limit.size).toBe(10);
    clock.advanceMs(60_000);
    limit.waitMs('another');
    expect(limit.size).toBe(1);
  });
});
