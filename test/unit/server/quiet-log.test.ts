import { expect, it } from 'vitest';
import { QuietLog } from '../../../src/server/quiet-log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/silent-log.ts';

it('writes one line a minute of each kind, and says how many it left out', () => {
  const clock = new FakeClock();
  const { log, lines } = keptLog();
  const quiet = new QuietLog(log, clock);
  for (let count = 0; count < 1000; count++) quiet.warn({ code: '403' }, 'refused');
  quiet.warn({}, 'another');
  clock.advanceMs(60_000);
  quiet.warn({ code: '403' }, 'refused');
  expect(lines().map(({ msg, leftOut }) => [msg, leftOut])).toEqual([
    ['refused', 0],
    ['another', 0],
    ['refused', 999],
  ]);
});
