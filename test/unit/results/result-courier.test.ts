import { setImmediate as endOfTick } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndReason } from '../../../src/channel/messages.ts';
import type { StoreWrite } from '../../../src/channel/store-messages.ts';
import { ResultCourier } from '../../../src/results/result-courier.ts';
import { Outbox } from '../../../src/store/outbox.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ResultReceiver } from '../../support/result-receiver.ts';
import { keptLog } from '../../support/silent-log.ts';
import { enginesUnderTest, type StorePlace } from '../../support/store-engines.ts';

const HOUR_MS = 3_600_000;

/** Calls that end, and nodes that deliver, by one clock that stands still. */
async function officeUnderTest(place: StorePlace) {
  const clock = new FakeClock();
  const receiver = new ResultReceiver();
  const { log, lines } = keptLog();
  let working = 0;
  const { store, engine } = await place.openWhole({ keepsResults: true, clock });
  const outbox = new Outbox(engine, 'reader');

  const nodeBegins = (nodeId: string) => {
    const node = { isDead: false };
    const own = new Outbox(engine, nodeId);
    const counted = new Proxy(own, {
      get:
        (target, name: keyof Outbox) =>
        async (...values: never[]) => {
          if (node.isDead) return new Promise(() => {});
          working += 1;
          try {
            return await (target[name] as (...values: never[]) => Promise<unknown>)(...values);
          } finally {
            working -= 1;
          }
        },
    });
    const courier = new ResultCourier({
      outbox: counted,
      post: receiver.post,
      clock: {
        nowMs: () => clock.nowMs(),
        wallMs: () => clock.wallMs(),
        setTimer: (delayMs, callback) => clock.setTimer(delayMs, () => node.isDead || callback()),
        clearTimer: (timer) => clock.clearTimer(timer),
      },
      log,
    });
    courier.begin();
    return {
      /** As by kill -9: whatever it was about to do, it does not. */
      dies: () => {
        node.isDead = true;
      },
    };
  };
  /** Until nobody asks the store anything any more. */
  const settle = async () => {
    for (let quietTicks = 0; quietTicks < 10; quietTicks++) {
      await endOfTick();
      if (working > 0) quietTicks = 0;
    }
  };
  return {
    clock,
    receiver,
    lines,
    outbox,
    nodeBegins,
    timePasses: async (byMs: number, stepMs = 1000) => {
      for (let passedMs = 0; passedMs < byMs; passedMs += stepMs) {
        clock.advanceMs(Math.min(stepMs, byMs - passedMs));
        await settle();
      }
    },
    callEnds: async (callSid: string, reason: EndReason = 'completed', attempt = 0) => {
      const atWallMs = clock.wallMs();
      const call = { callSid, attempt, atWallMs };
      const writes: StoreWrite[] = [
        { kind: 'begin', ...call, from: '+1', to: '+2', flowHash: 'f' },
        { kind: 'commit', ...call, state: '{}', outcome: 'eligible', answers: '{"age":70}' },
        { kind: 'finish', ...call, reason },
      ];
      await store.write(writes);
    },
    /** What waited while the store was away: the end comes first, `lastWords` writes what the call decided. */
    callEndWasHeldUp: async (callSid: string, heldUpMs: number) => {
      const call = { callSid, attempt: 0, atWallMs: clock.wallMs() - heldUpMs };
      await store.write([
        { kind: 'begin', ...call, from: '+1', to: '+2', flowHash: 'f' },
        { kind: 'finish', ...call, reason: 'completed' },
      ]);
      const decided = { state: '{}', outcome: 'eligible', answers: '{"age":70}' };
      return { lastWords: () => store.write([{ kind: 'commit', ...call, ...decided }]) };
    },
    callReturns: (callSid: string, attempt: number) =>
      store.write([
        { kind: 'begin', callSid, attempt, from: '', to: '', flowHash: 'f', atWallMs: clock.wallMs() },
      ]),
  };
}

describe.each(enginesUnderTest())('results out of $name', (engine) => {
  beforeAll(() => engine.start(), 60_000);
  afterAll(() => engine.stop(), 60_000);
  const it_ = it.skipIf(engine.missing !== null);
  const openOffice = async () => officeUnderTest(await engine.place());

  it_('wait for the last words of a call whose end was held up, in their order', async () => {
    const office = await openOffice();
    const outcomes: unknown[] = [];
    office.receiver.answers = ({ body }) => {
      outcomes.push((JSON.parse(body) as { outcome: unknown }).outcome);
      return { kind: 'delivered' };
    };
    office.nodeBegins('one');
    const calls = [
      await office.callEndWasHeldUp('CAb', 60_000),
      await office.callEndWasHeldUp('CAa', 30_000),
    ];
    await office.timePasses(8000);
    expect(office.receiver.taken).toEqual([]);
    for (const { lastWords } of calls) await lastWords();
    await office.timePasses(5000);
    expect(office.receiver.taken).toEqual(['CAb', 'CAa']);
    expect(outcomes).toEqual(['eligible', 'eligible']);
  });

  it_('are delivered a second after the end of their call, in order of finish', async () => {
    const office = await openOffice();
    office.nodeBegins('one');
    await office.callEnds('CAb');
    office.clock.advanceMs(10);
    await office.callEnds('CAa');
    await office.timePasses(900);
    expect(office.receiver.taken).toEqual([]);
    await office.timePasses(6000);
    expect(office.receiver.taken).toEqual(['CAb', 'CAa']);
    expect(await office.outbox.stateOf('CAb')).toMatchObject({ state: 'delivered', tries: 1 });
  });

  it_(
    'wait while their receiver is down for an hour, and come each once and in order, through two kill -9',
    async () => {
      const office = await openOffice();
      const sids = Array.from({ length: 60 }, (_, minute) => `CA${String(99 - minute)}`);
      office.receiver.goesAway();
      let living = office.nodeBegins('one');
      office.nodeBegins('two');
      for (const [minute, callSid] of sids.entries()) {
        await office.callEnds(callSid);
        if (minute === 20 || minute === 40) {
          living.dies();
          living = office.nodeBegins(`after kill ${minute}`);
        }
        await office.timePasses(HOUR_MS / sids.length, 10_000);
      }
      expect(office.receiver.taken).toEqual([]);
      office.receiver.comesBack();
      await office.timePasses(600_000, 10_000);
      expect(office.receiver.taken).toEqual(sids);
      expect(office.receiver.tried.length).toBeLessThan(sids.length + 60);
      expect(office.lines().map(({ event }) => event)).toContain('results.recovered');
    },
    60_000,
  );

  it_.each([HOUR_MS, -HOUR_MS])(
    's08 go out, and in order, when the wall clock is set by %i ms after the end of their calls',
    async (stepMs) => {
      const office = await openOffice();
      office.nodeBegins('one');
      await office.timePasses(1000);
      for (const callSid of ['CAb', 'CAa']) {
        await office.callEnds(callSid);
        office.clock.advanceMs(10);
      }
      office.clock.shiftWallMs(stepMs);
      await office.timePasses(6000);
      expect(office.receiver.taken).toEqual(['CAb', 'CAa']);
      await office.callEnds('CAc');
      await office.timePasses(6000);
      expect(office.receiver.taken).toEqual(['CAb', 'CAa', 'CAc']);
    },
  );

  it_(
    's08 are delivered by another node though a dead one, whose clock was an hour ahead, has the lease',
    async () => {
      const office = await openOffice();
      office.clock.shiftWallMs(HOUR_MS);
      const dying = office.nodeBegins('one');
      await office.timePasses(6000);
      dying.dies();
      office.clock.shiftWallMs(-HOUR_MS);
      office.nodeBegins('two');
      await office.callEnds('CA1');
      await office.timePasses(12_000);
      expect(office.receiver.taken).toEqual(['CA1']);
    },
  );

  it_('s08 that were put aside are tried again though the clock was set back', async () => {
    const office = await openOffice();
    office.receiver.refuses('CAbad');
    office.nodeBegins('one');
    for (const callSid of ['CAbad', 'CA1']) {
      await office.callEnds(callSid);
      office.clock.advanceMs(10);
    }
    await office.timePasses(30_000);
    office.clock.shiftWallMs(-HOUR_MS);
    office.receiver.comesBack();
    await office.timePasses(12_000);
    expect(office.receiver.taken).toEqual(['CA1', 'CAbad']);
  });

  it_('are delivered by another node when the one that did dies', async () => {
    const office = await openOffice();
    const dying = office.nodeBegins('one');
    office.nodeBegins('two');
    await office.callEnds('CA1');
    await office.timePasses(6000);
    dying.dies();
    await office.callEnds('CA2');
    await office.timePasses(70_000);
    expect(office.receiver.taken).toEqual(['CA1', 'CA2']);
  });

  it_(
    'come again under the same key when a node dies before it could note that they were taken',
    async () => {
      const office = await openOffice();
      const dying = office.nodeBegins('one');
      office.receiver.answers = () => {
        dying.dies();
        return { kind: 'delivered' };
      };
      await office.callEnds('CA1');
      await office.timePasses(6000);
      expect(await office.outbox.stateOf('CA1')).toMatchObject({ state: 'waiting' });
      office.receiver.comesBack();
      office.nodeBegins('two');
      await office.timePasses(70_000);
      expect(office.receiver.taken).toEqual(['CA1', 'CA1']);
      expect(await office.outbox.stateOf('CA1')).toMatchObject({ state: 'delivered' });
    },
  );

  it_('do not wait behind one that their receiver alone cannot take', async () => {
    const office = await openOffice();
    office.receiver.refuses('CAbad');
    office.nodeBegins('one');
    for (const callSid of ['CAbad', 'CA1', 'CA2']) {
      await office.callEnds(callSid);
      office.clock.advanceMs(10);
    }
    await office.timePasses(30_000);
    expect(office.receiver.taken).toEqual(['CA1', 'CA2']);
    expect(await office.outbox.stateOf('CAbad')).toMatchObject({
      state: 'waiting',
      lastFailure: 'status 500',
    });
    office.receiver.comesBack();
    await office.timePasses(300_000, 5000);
    expect(office.receiver.taken).toEqual(['CA1', 'CA2', 'CAbad']);
  });

  it_('keep their order while their receiver refuses all of them', async () => {
    const office = await openOffice();
    office.receiver.refuses();
    office.nodeBegins('one');
    for (const callSid of ['CA3', 'CA2', 'CA1']) {
      await office.callEnds(callSid);
      office.clock.advanceMs(10);
    }
    await office.timePasses(HOUR_MS, 30_000);
    office.receiver.comesBack();
    await office.timePasses(600_000, 10_000);
    expect(office.receiver.taken).toEqual(['CA3', 'CA2', 'CA1']);
  });

  it_('are given up after a day, and say so', async () => {
    const office = await openOffice();
    office.receiver.goesAway();
    office.nodeBegins('one');
    await office.callEnds('CA1');
    await office.timePasses(24 * HOUR_MS + 600_000, 600_000);
    expect(await office.outbox.stateOf('CA1')).toMatchObject({
      state: 'given up',
      lastFailure: 'ECONNREFUSED',
    });
    expect(office.lines()).toContainEqual(expect.objectContaining({ event: 'results.given-up', results: 1 }));
  });

  it_('wait for a call that may come back, and are not sent when it does', async () => {
    const office = await openOffice();
    office.nodeBegins('one');
    await office.callEnds('CA1', 'stream lost');
    await office.callEnds('CA2', 'stream lost');
    await office.timePasses(60_000, 5000);
    await office.callReturns('CA1', 1);
    await office.timePasses(120_000, 5000);
    expect(office.receiver.taken).toEqual(['CA2']);
    await office.callEnds('CA1', 'completed', 2);
    await office.timePasses(6000);
    expect(office.receiver.taken).toEqual(['CA2', 'CA1']);
  });

  it_('of a call that is live again are not sent, though nobody withdrew them', async () => {
    const place = await engine.place();
    const office = await officeUnderTest(place);
    const withoutResults = await place.open();
    office.nodeBegins('one');
    await office.callEnds('CA1', 'stream lost');
    const again = { callSid: 'CA1', attempt: 1, atWallMs: office.clock.wallMs() };
    await withoutResults.write([{ kind: 'begin', ...again, from: '', to: '', flowHash: 'f' }]);
    await office.timePasses(180_000, 5000);
    expect(office.receiver.taken).toEqual([]);
    await office.callEnds('CA1', 'completed', 2);
    await office.timePasses(6000);
    expect(office.receiver.taken).toEqual(['CA1']);
  });

  it_('are tried before they are given up, however long no node was there', async () => {
    const office = await openOffice();
    await office.callEnds('CA1');
    office.clock.advanceMs(10);
    await office.callEnds('CA2');
    await office.timePasses(48 * HOUR_MS, 24 * HOUR_MS);
    office.nodeBegins('one');
    await office.timePasses(6000);
    expect(office.receiver.taken).toEqual(['CA1', 'CA2']);
  });
});
