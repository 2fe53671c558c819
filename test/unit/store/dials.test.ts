import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DialStatus } from '../../../src/channel/dial-messages.ts';
import type { StoreWrite } from '../../../src/channel/store-messages.ts';
import { enginesUnderTest } from '../../support/store-engines.ts';

const DIAL = `DL${'1'.repeat(32)}`;
const CALL = `CA${'2'.repeat(32)}`;
const TO = '+12025550123';

const wish: StoreWrite = {
  kind: 'dial',
  dial: {
    dialId: DIAL,
    to: TO,
    from: '+12025550110',
    flowHash: 'f'.repeat(64),
    variables: { name: 'Ana', visits: 2, paid: true },
    machineDetection: 'async',
    askedAtWallMs: 1000,
    untilWallMs: 9000,
  },
};
const news = (status: DialStatus, answeredBy: string | null = null): StoreWrite => ({
  kind: 'dial.news',
  news: { dialId: DIAL, callSid: CALL, status, answeredBy, atWallMs: 2000 },
});

describe.each(enginesUnderTest())('outbound calls on $name', (engine) => {
  beforeAll(() => engine.start(), 60_000);
  afterAll(() => engine.stop(), 60_000);
  const it_ = it.skipIf(engine.missing !== null);
  const openNew = async () => (await engine.place()).open({ keepsResults: true });

  it_(
    "are kept with what they were asked for with, and found by the name of the carrier's call",
    async () => {
      const store = await openNew();
      await store.write([wish, wish]);
      expect(await store.dials.ofCall(CALL)).toBeNull();
      await store.write([news('ringing', 'human')]);
      expect(await store.dials.ofCall(CALL)).toMatchObject({
        ...(wish as Extract<StoreWrite, { kind: 'dial' }>).dial,
        status: 'ringing',
        answeredBy: 'human',
        failure: null,
      });
    },
  );

  it_.each([
    [['ringing', 'initiated', 'queued', 'ringing'], 'ringing'],
    [['completed', 'in-progress', 'ringing', 'completed'], 'completed'],
    [['busy', 'completed'], 'busy'],
  ] as const)('take news in any order, %j, for what they are', async (statuses, last) => {
    const store = await openNew();
    await store.write([wish]);
    for (const status of statuses) await store.write([news(status)]);
    expect(await store.dials.load(DIAL)).toMatchObject({ status: last });
  });

  it_.each([
    ['busy', 'busy'],
    ['no-answer', 'no answer'],
    ['failed', 'not reached'],
    ['canceled', 'canceled'],
    ['completed', 'caller hung up'],
  ] as const)('have a record of their end where no stream came: %s', async (status, endReason) => {
    const store = await openNew();
    await store.write([wish, news('ringing'), news(status), news(status), news('initiated')]);
    expect(await store.list(10)).toMatchObject([
      { callSid: CALL, direction: 'outbound', from: '+12025550110', to: TO, endReason, endedAtWallMs: 2000 },
    ]);
  });

  it_('leave a record alone that has its own end', async () => {
    const store = await openNew();
    const begin: StoreWrite = {
      kind: 'begin',
      callSid: CALL,
      attempt: 0,
      from: '+12025550110',
      to: TO,
      flowHash: 'f'.repeat(64),
      direction: 'outbound',
      atWallMs: 1500,
    };
    await store.write([wish, news('in-progress'), begin]);
    await store.write([{ kind: 'finish', callSid: CALL, attempt: 0, reason: 'completed', atWallMs: 1900 }]);
    await store.write([news('completed')]);
    expect(await store.load(CALL)).toMatchObject({ endReason: 'completed', endedAtWallMs: 1900 });
  });

  it_('put whoever wants none on the list with the state that says so: the callee, or who rang', async () => {
    const store = await openNew();
    const begin = (callSid: string, direction: 'inbound' | 'outbound', from: string): StoreWrite => ({
      kind: 'begin',
      callSid,
      attempt: 0,
      from,
      to: TO,
      flowHash: 'f'.repeat(64),
      direction,
      atWallMs: 1500,
    });
    const optOut = (callSid: string, attempt = 0): StoreWrite => ({
      kind: 'commit',
      callSid,
      attempt,
      state: '{}',
      outcome: 'opt-out',
      answers: '{}',
      optsOut: true,
      atWallMs: 1600,
    });
    await store.write([
      begin('CA1', 'outbound', '+12025550110'),
      begin('CA2', 'inbound', '+12025550100'),
      begin('CA3', 'inbound', 'anonymous'),
      begin('CA4', 'inbound', '+12025550199'),
      optOut('CA1'),
      optOut('CA2'),
      optOut('CA2'),
      optOut('CA3'),
      // Of a stream that is not the call's any more.
      optOut('CA4', 7),
    ]);
    expect(await store.dials.doNotCall()).toEqual([
      { number: '+12025550100', addedAtWallMs: 1600, callSid: 'CA2' },
      { number: TO, addedAtWallMs: 1600, callSid: 'CA1' },
    ]);
    expect(await store.dials.isDoNotCall(TO)).toBe(true);
    expect(await store.dials.removeDoNotCall(TO)).toBe(true);
    expect(await store.dials.removeDoNotCall(TO)).toBe(false);
    expect(await store.dials.addDoNotCall(TO, 5)).toBe(true);
    expect(await store.dials.addDoNotCall(TO, 6)).toBe(false);
  });

  it_('keep how a transfer went, until the next', async () => {
    const store = await openNew();
    const transfer = { to: TO, whisper: 'A caller.', ringSeconds: 10 };
    const begin: StoreWrite = {
      kind: 'begin',
      callSid: CALL,
      attempt: 0,
      from: '',
      to: '',
      flowHash: '',
      atWallMs: 1,
    };
    const commit = (atWallMs: number): StoreWrite => ({
      kind: 'commit',
      callSid: CALL,
      attempt: 0,
      state: '{}',
      outcome: 'transferred',
      answers: '{}',
      transfer,
      atWallMs,
    });
    await store.write([begin, commit(2), { kind: 'transfer.ended', callSid: CALL, status: 'busy' }]);
    expect(await store.load(CALL)).toMatchObject({ transfer, transferStatus: 'busy' });
    await store.write([commit(3)]);
    expect(await store.load(CALL)).toMatchObject({ transfer, transferStatus: null });
  });
});
