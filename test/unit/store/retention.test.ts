import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreWrite } from '../../../src/channel/store-messages.ts';
import { Outbox } from '../../../src/store/outbox.ts';
import { Retention } from '../../../src/store/retention.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/silent-log.ts';
import { enginesUnderTest } from '../../support/store-engines.ts';

const DAY_MS = 86_400_000;
const sid = (number: number) => `CA${String(number).padStart(32, '0')}`;

const begin = (callSid: string, atWallMs: number): StoreWrite => ({
  kind: 'begin',
  callSid,
  attempt: 0,
  claim: `claim-${callSid}`,
  from: '+12025550111',
  to: '+12025550100',
  flowHash: 'hash',
  atWallMs,
});
const finish = (callSid: string, atWallMs: number): StoreWrite => ({
  kind: 'finish',
  callSid,
  attempt: 0,
  reason: 'completed',
  atWallMs,
});

describe.each(enginesUnderTest())('retention in $name', (engineUnderTest) => {
  beforeAll(() => engineUnderTest.start());
  afterAll(() => engineUnderTest.stop());

  async function kept(keepsResults = false) {
    const place = await engineUnderTest.place();
    const clock = new FakeClock();
    const { engine, store } = await place.openWhole({ keepsResults, clock });
    const { lines, log } = keptLog();
    const retention = new Retention({ engine, keepDays: 30, sendsResults: keepsResults, clock, log });
    return { clock, engine, lines, retention, store };
  }

  it.skipIf(engineUnderTest.missing !== null)('removes calls that ended before, and no others', async () => {
    const { clock, lines, retention, store } = await kept();
    const nowMs = clock.wallMs();
    await store.write([
      begin(sid(1), nowMs - 40 * DAY_MS),
      finish(sid(1), nowMs - 40 * DAY_MS + 1000),
      begin(sid(2), nowMs - 29 * DAY_MS),
      finish(sid(2), nowMs - 29 * DAY_MS + 1000),
      // Without an end it is not known to be over.
      begin(sid(3), nowMs - 40 * DAY_MS),
    ]);
    expect(await retention.look()).toBe(1);
    expect((await store.list(10)).map(({ callSid }) => callSid)).toEqual([sid(2), sid(3)]);
    expect(lines()).toEqual([expect.objectContaining({ event: 'records.removed', calls: 1 })]);
    expect(await retention.look()).toBe(0);
  });

  it.skipIf(engineUnderTest.missing !== null)(
    'removes outbound calls that are over, and nobody from the do-not-call list',
    async () => {
      const { clock, retention, store } = await kept();
      const nowMs = clock.wallMs();
      const ask = async (at: number, askedAtWallMs: number): Promise<string> => {
        const dialId = `DL${String(at).padStart(32, '0')}`;
        await store.dials.put({
          dialId,
          to: '+12025550123',
          from: '+12025550110',
          flowHash: 'hash',
          variables: {},
          machineDetection: 'off',
          askedAtWallMs,
          untilWallMs: askedAtWallMs,
        });
        return dialId;
      };
      const old = await ask(1, nowMs - 40 * DAY_MS);
      const open = await ask(2, nowMs - 40 * DAY_MS);
      const recent = await ask(3, nowMs - 29 * DAY_MS);
      for (const dialId of [old, recent]) await store.dials.settle(dialId, 'waiting', 'expired', null);
      await store.dials.addDoNotCall('+12025550123', nowMs - 400 * DAY_MS);
      await retention.look();
      const left = await Promise.all([old, open, recent].map((dialId) => store.dials.load(dialId)));
      expect(left.map((dial) => dial?.status)).toEqual([undefined, 'waiting', 'expired']);
      expect(await store.dials.isDoNotCall('+12025550123')).toBe(true);
    },
  );

  it.skipIf(engineUnderTest.missing !== null)(
    'keeps a call whose result still waits for its receiver',
    async () => {
      const { clock, engine, retention, store } = await kept(true);
      const nowMs = clock.wallMs();
      await store.write([begin(sid(1), nowMs - 40 * DAY_MS), finish(sid(1), nowMs - 40 * DAY_MS + 1000)]);
      expect(await new Outbox(engine, store.nodeId).stateOf(sid(1))).not.toBeNull();
      expect(await retention.look()).toBe(0);
      await engine.transact([
        engine.tables
          .updateTable('outbox')
          .set({ state: 'delivered' })
          .where('call_sid', '=', sid(1))
          .compile(),
      ]);
      expect(await retention.look()).toBe(1);
      expect(await engine.tables.selectFrom('outbox').selectAll().execute()).toEqual([]);
    },
  );

  it.skipIf(engineUnderTest.missing !== null)(
    'goes on slice by slice, a minute after the start and then every ten',
    async () => {
      const { clock, retention, store } = await kept();
      const atMs = clock.wallMs() - 40 * DAY_MS;
      await store.write(
        Array.from({ length: 450 }, (_, index) => sid(index)).flatMap((callSid) => [
          begin(callSid, atMs),
          finish(callSid, atMs + 1),
        ]),
      );
      retention.begin();
      clock.advanceMs(59_000);
      expect((await store.list(1000)).length).toBe(450);
      clock.advanceMs(1000);
      await expect
        .poll(async () => {
          clock.advanceMs(50);
          return (await store.list(1000)).length;
        })
        .toBe(0);
      await store.write([begin(sid(1), atMs), finish(sid(1), atMs + 1)]);
      await expect
        .poll(async () => {
          clock.advanceMs(60_000);
          return (await store.list(10)).length;
        })
        .toBe(0);
      retention.close();
      retention.close();
      expect(clock.pendingTimers()).toBe(0);
    },
  );
});
