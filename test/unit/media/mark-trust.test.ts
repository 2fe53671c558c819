import { describe, expect, it } from 'vitest';
import { MarkTrust } from '../../../src/media/mark-trust.ts';

function probing(): MarkTrust {
  const trust = new MarkTrust();
  trust.check(1000, 6000);
  return trust;
}

describe('mark trust', () => {
  it('asks for one ping when a mark is 5 s overdue', () => {
    const trust = new MarkTrust();
    expect(trust.checkAtMs(1000)).toBe(6000);
    expect([trust.check(1000, 5999), trust.check(1000, 6000), trust.check(1000, 6001)]).toEqual([
      'fine',
      'ping',
      'fine',
    ]);
  });

  it('has nothing to ask while no mark is awaited', () => {
    const trust = new MarkTrust();
    expect([trust.check(null, 99_999), trust.checkAtMs(null)]).toEqual(['fine', Number.POSITIVE_INFINITY]);
  });

  it('gives a peer that does not answer the ping up after 5 s', () => {
    const trust = probing();
    expect([trust.check(1000, 10_999), trust.check(null, 11_000)]).toEqual(['fine', 'dead']);
  });

  it('waits for no mark again once a pong came instead', () => {
    const trust = probing();
    trust.pong();
    trust.echoed();
    expect(trust.state.kind).toBe('own clock');
    expect([trust.check(1000, 99_999), trust.checkAtMs(1000)]).toEqual(['fine', Number.POSITIVE_INFINITY]);
  });

  it('trusts again when a mark came instead', () => {
    const trust = probing();
    trust.echoed();
    trust.pong();
    expect(trust.state.kind).toBe('trusted');
  });
});
