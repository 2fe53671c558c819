/** Two hundred simulated calls at once, each a whole conversation, on however few cores there are. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { type Finished, TrunklineRig } from '../support/trunkline-rig.ts';

const CALLS = 200;
/** Within this all of them are placed, one after the other; each takes at least twice as long, so all are on at once. */
const PLACING_MS = 2000;

let rig: TrunklineRig;
let finished: readonly Finished[];

beforeAll(async () => {
  rig = await TrunklineRig.start();
  const [yes, no] = [await speak('yes'), await speak('no')];
  const placed: Promise<Finished>[] = [];
  let mostAtOnce = 0;
  const startedAtMs = performance.now();
  for (let index = 0; index < CALLS; index += 1) {
    const first = index % 2 === 0;
    placed.push(
      rig.place({
        answers: { first: first ? [yes, yes, '1'] : [no, no, '2'], second: [yes, yes, '1'] },
        timeLimitMs: 60_000,
      }).finished,
    );
    mostAtOnce = Math.max(mostAtOnce, rig.carrier.census().calls);
    const nextAtMs = startedAtMs + ((index + 1) * PLACING_MS) / CALLS;
    await new Promise((resolve) => setTimeout(resolve, nextAtMs - performance.now()));
  }
  expect(mostAtOnce).toBe(CALLS);
  finished = await Promise.all(placed);
}, 90_000);

afterAll(() => rig.close());

it('all reach their outcome', () => {
  for (const [index, { record, report }] of finished.entries()) {
    const outcome = index % 2 === 0 ? 'both' : 'not-both';
    expect(report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [], warnings: [] });
    expect(record).toMatchObject({ endReason: 'completed', outcome });
  }
});

it('hear no gap over 60 ms within a prompt', () => {
  expect(Math.max(0, ...finished.flatMap(({ report }) => report.gapsMs))).toBeLessThanOrEqual(60);
});

it('leave nothing behind: sockets, timers, native objects and map entries are all zero', async () => {
  await rig.nothingIsLeft();
  expect((await rig.records()).length).toBe(CALLS);
});
