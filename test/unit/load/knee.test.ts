import { describe, expect, it } from 'vitest';
import { findKnee } from '../../../src/load/knee.ts';
import type { LoadVerdict } from '../../../src/load/load-report.ts';
import { loadReport } from '../../support/load-report.ts';

/** A server that carries so many, under a generator that carries so many. */
function search(carries: number, from: number, max = 8000, generatorCarries = Number.POSITIVE_INFINITY) {
  const tried: number[] = [];
  const run = (calls: number) => {
    tried.push(calls);
    const verdict: LoadVerdict = calls > generatorCarries ? 'invalid' : calls > carries ? 'broken' : 'kept';
    return Promise.resolve(loadReport(verdict));
  };
  return findKnee({ from, max, run }).then((knee) => ({ knee, tried }));
}

describe('the search for the knee', () => {
  it.each([
    [1370, 100],
    [1370, 2000],
    [47, 500],
    [1000, 1000],
  ])('finds a server of %i calls from %i on, to one in twenty', async (carries, from) => {
    const { knee, tried } = await search(carries, from);
    expect(knee.calls).toBeLessThanOrEqual(carries);
    expect(knee.calls).toBeGreaterThanOrEqual(carries * 0.95 - 1);
    expect(knee.limitedBy).toBe('server');
    expect(tried.length).toBeLessThan(14);
  });

  it('doubles, then bisects', async () => {
    const { tried } = await search(700, 200);
    expect(tried).toEqual([200, 400, 800, 600, 700, 750, 725]);
  });

  it('stops where no more is to be tried', async () => {
    const { knee } = await search(10_000, 500, 3000);
    expect(knee).toMatchObject({ calls: 3000, limitedBy: 'limit' });
  });

  it('says so when the generator gave up before the server', async () => {
    const { knee } = await search(5000, 500, 8000, 1200);
    expect(knee.limitedBy).toBe('generator');
    expect(knee.calls).toBeLessThanOrEqual(1200);
  });

  it('finds none where not even a few are carried', async () => {
    const { knee } = await search(3, 100);
    expect(knee).toMatchObject({ calls: null, limitedBy: 'server' });
  });

  it('ends at an interruption, with what it knows', async () => {
    const verdicts: LoadVerdict[] = ['kept', 'interrupted'];
    const run = () => Promise.resolve(loadReport(verdicts.shift()!));
    expect(await findKnee({ from: 100, max: 8000, run })).toMatchObject({
      calls: 100,
      limitedBy: 'interruption',
    });
  });
});
