/** Who is called when, with a clock that stands still, a carrier that answers as told, and a store of its own. */
import { setImmediate as endOfTick } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { NewDial } from '../../../src/channel/dial-messages.ts';
import type { CarrierCall, CarrierCalls, Placed } from '../../../src/dialing/carrier-calls.ts';
import { Dialer } from '../../../src/dialing/dialer.ts';
import { Lease } from '../../../src/store/lease.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';
import { enginesUnderTest, type StorePlace } from '../../support/store-engines.ts';

const FROM = '+12025550110';
const dialIdOf = (at: number): string => `DL${String(at).padStart(32, '0')}`;
const callSidOf = (at: number): string => `CA${String(at).padStart(32, '0')}`;

async function deskUnderTest(place: StorePlace) {
  const clock = new FakeClock();
  const { store, engine } = await place.openWhole({ clock });
  const { dials } = store;
  const placed: string[] = [];
  const machines: string[] = [];
  const carrier = {
    answer: (at: number): Placed => ({ kind: 'placed', call: callOf(at) }),
    found: [] as CarrierCall[] | null,
    looked: null as CarrierCall | 'none' | null,
  };
  const callOf = (at: number, status: CarrierCall['status'] = 'queued'): CarrierCall => ({
    callSid: callSidOf(at),
    status,
    answeredBy: null,
    createdAtWallMs: clock.wallMs(),
  });
  let working = 0;
  const counted = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return async (...given: unknown[]) => {
          working += 1;
          try {
            return await Reflect.apply(value, target, given);
          } finally {
            working -= 1;
          }
        };
      },
    });
  const nodeBegins = (nodeId: string, room = 100, rateHz = 10) => {
    const calls: CarrierCalls = {
      place: async ({ to }) => {
        placed.push(to);
        return carrier.answer(Number(to.slice(-3)));
      },
      find: async () => carrier.found,
      look: async () => carrier.looked,
    };
    const dialer = new Dialer({
      dials: counted(dials),
      lease: counted(new Lease(engine, { name: 'dials', nodeId, leaseMaxMs: 60_000 })),
      carrier: calls,
      write: counted({ now: (write: Parameters<typeof store.write>[0][number]) => store.write([write]) }).now,
      onMachine: (callSid) => machines.push(callSid),
      rateHz,
      clock,
      log: silentLog,
    });
    dialer.hasRoom(room);
    dialer.begin();
    onTestFinished(() => dialer.close());
    return dialer;
  };
  const settle = async () => {
    for (let quietTicks = 0; quietTicks < 10; quietTicks++) {
      await endOfTick();
      if (working > 0) quietTicks = 0;
    }
  };
  return {
    clock,
    dials,
    store,
    placed,
    machines,
    carrier,
    callOf,
    nodeBegins,
    ask: async (at: number, more: Partial<NewDial> = {}) => {
      await dials.put({
        dialId: dialIdOf(at),
        to: `+12025559${String(at).padStart(3, '0')}`,
        from: FROM,
        flowHash: 'f'.repeat(64),
        variables: { name: 'Ana' },
        machineDetection: 'async',
        askedAtWallMs: clock.wallMs() + at,
        untilWallMs: clock.wallMs() + 600_000,
        ...more,
      });
    },
    status: async (at: number) => (await dials.load(dialIdOf(at)))?.status,
    /** In looks of half a second. */
    pass: async (durationMs: number) => {
      for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
        clock.advanceMs(500);
        await settle();
      }
    },
  };
}

describe.each(enginesUnderTest())('the dialer on $name', (engine) => {
  beforeAll(() => engine.start(), 60_000);
  afterAll(() => engine.stop(), 60_000);
  const it_ = it.skipIf(engine.missing !== null);
  const desk = async () => deskUnderTest(await engine.place());

  it_('places calls in the order in which they were asked for, as many a second as it may', async () => {
    const t = await desk();
    for (let at = 1; at <= 8; at++) await t.ask(at);
    t.nodeBegins('one', 100, 2);
    await t.pass(1000);
    expect(t.placed).toEqual(['+12025559001', '+12025559002']);
    await t.pass(3000);
    expect(t.placed).toHaveLength(8);
    expect(await t.dials.load(dialIdOf(8))).toMatchObject({
      status: 'queued',
      callSid: callSidOf(8),
      variables: { name: 'Ana' },
    });
  });

  it_('rings no more people than can be served, those that ring already counted', async () => {
    const t = await desk();
    for (let at = 1; at <= 5; at++) await t.ask(at);
    const dialer = t.nodeBegins('one', 2);
    await t.pass(5000);
    expect(t.placed).toHaveLength(2);
    dialer.hasRoom(0);
    await t.store.write([news(t, 1, 'busy'), news(t, 2, 'in-progress')]);
    await t.pass(2000);
    expect(t.placed).toHaveLength(2);
    dialer.hasRoom(1);
    await t.pass(5000);
    expect(t.placed).toHaveLength(3);
  });

  it_('leaves what it has no room for to a node that has', async () => {
    const t = await desk();
    for (let at = 1; at <= 2; at++) await t.ask(at);
    t.nodeBegins('full', 0);
    await t.pass(2000);
    expect(t.placed).toEqual([]);
    t.nodeBegins('free');
    await t.pass(3000);
    expect(t.placed).toHaveLength(2);
  });

  it_('calls nobody who is on the do-not-call list, also since it was asked for', async () => {
    const t = await desk();
    await t.ask(1);
    await t.dials.addDoNotCall('+12025559001', 1);
    t.nodeBegins('one');
    await t.pass(1000);
    expect(t.placed).toEqual([]);
    expect(await t.dials.load(dialIdOf(1))).toMatchObject({
      status: 'refused',
      failure: 'the number is on the do-not-call list',
    });
  });

  it_('tries again only what certainly rang nobody, and not after its time', async () => {
    const t = await desk();
    await t.ask(1);
    t.carrier.answer = () => ({ kind: 'later', reason: 'HTTP 429' });
    t.nodeBegins('one');
    await t.pass(12_000);
    expect(t.placed).toHaveLength(3);
    expect(await t.dials.load(dialIdOf(1))).toMatchObject({ status: 'waiting', failure: 'HTTP 429' });
    t.clock.advanceMs(600_000);
    await t.pass(1000);
    expect(await t.dials.load(dialIdOf(1))).toMatchObject({ status: 'expired', failure: 'HTTP 429' });
    expect(t.placed).toHaveLength(3);
  });

  it_(
    'is not held up by those whose time is over, however many, and says of each why nobody was called',
    async () => {
      const t = await desk();
      for (let at = 1; at <= 40; at++) await t.ask(at, { untilWallMs: t.clock.wallMs() + 100 });
      await t.ask(41);
      t.nodeBegins('one', 100, 1);
      await t.pass(1000);
      expect(t.placed).toEqual(['+12025559041']);
      expect(await t.dials.load(dialIdOf(40))).toMatchObject({
        status: 'expired',
        failure: 'no server could place it in time',
      });
    },
  );

  it_('ends what the carrier refuses, with its reason', async () => {
    const t = await desk();
    await t.ask(1);
    t.carrier.answer = () => ({ kind: 'refused', reason: 'HTTP 400: there is no such number' });
    t.nodeBegins('one');
    await t.pass(5000);
    expect(t.placed).toHaveLength(1);
    expect(await t.dials.load(dialIdOf(1))).toMatchObject({
      status: 'failed',
      failure: 'HTTP 400: there is no such number',
    });
  });

  it_('looks for a call whose answer was lost, takes it up, and never places it again', async () => {
    const t = await desk();
    await t.ask(1);
    t.carrier.answer = () => ({ kind: 'unknown', reason: 'no answer within 5 s' });
    t.nodeBegins('one');
    await t.pass(1000);
    t.carrier.found = [t.callOf(1, 'ringing')];
    await t.pass(30_000);
    expect(await t.dials.load(dialIdOf(1))).toMatchObject({ status: 'ringing', callSid: callSidOf(1) });
    expect(t.placed).toHaveLength(1);
  });

  it_(
    'gives up a call of which the carrier knows nothing after a minute, and waits while it does not say',
    async () => {
      const t = await desk();
      await t.ask(1);
      t.carrier.answer = () => ({ kind: 'unknown', reason: 'no answer within 5 s' });
      t.nodeBegins('one');
      t.carrier.found = null;
      await t.pass(120_000);
      expect(await t.status(1)).toBe('placing');
      t.carrier.found = [];
      await t.pass(10_000);
      expect(await t.dials.load(dialIdOf(1))).toMatchObject({
        status: 'failed',
        failure: 'the carrier has no such call; it is not placed again',
      });
      expect(t.placed).toHaveLength(1);
    },
  );

  it_("takes up no call for a dial that is another dial's", async () => {
    const t = await desk();
    await t.ask(1);
    t.nodeBegins('one');
    await t.pass(1000);
    await t.ask(2, { to: '+12025559001' });
    t.carrier.answer = () => ({ kind: 'unknown', reason: 'no answer within 5 s' });
    t.carrier.found = [t.callOf(1, 'ringing')];
    await t.pass(100_000);
    expect(await t.status(2)).toBe('failed');
  });

  it_('asks after calls of which nothing is heard, and passes on that a machine has taken one', async () => {
    const t = await desk();
    await t.ask(1);
    t.nodeBegins('one');
    await t.pass(1000);
    t.carrier.looked = { ...t.callOf(1, 'in-progress'), answeredBy: 'machine_end_beep' };
    await t.pass(70_000);
    expect(await t.dials.load(dialIdOf(1))).toMatchObject({
      status: 'in-progress',
      answeredBy: 'machine_end_beep',
    });
    expect(t.machines).toEqual([callSidOf(1)]);
    t.carrier.looked = 'none';
    await t.pass(70_000);
    expect(await t.status(1)).toBe('failed');
  });

  it_(
    'is one node at a time; what a dead one was about to place is never placed, and the others go on',
    async () => {
      const t = await desk();
      await t.ask(1);
      await t.ask(2);
      t.nodeBegins('one');
      t.nodeBegins('two');
      await t.pass(2000);
      expect(t.placed.toSorted()).toEqual(['+12025559001', '+12025559002']);
      await t.ask(3);
      await t.dials.claim(dialIdOf(3), t.clock.wallMs());
      await t.pass(100_000);
      expect(await t.status(3)).toBe('failed');
      expect(t.placed).toHaveLength(2);
    },
  );
});

function news(t: { readonly clock: FakeClock }, at: number, status: 'busy' | 'in-progress') {
  const atWallMs = t.clock.wallMs();
  return {
    kind: 'dial.news' as const,
    news: { dialId: dialIdOf(at), callSid: callSidOf(at), status, answeredBy: null, atWallMs },
  };
}
