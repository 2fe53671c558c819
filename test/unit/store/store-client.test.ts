import { describe, expect, it } from 'vitest';
import type { StoreAnswer, StoreRequest, TurnRecord } from '../../../src/channel/store-messages.ts';
import { StoreClient, type StorePort } from '../../../src/store/store-client.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

/** The store thread's end, answered by hand. */
class FakeStorePort implements StorePort {
  readonly requests: StoreRequest[] = [];
  isClosed = false;
  #answered: (answer: StoreAnswer) => void = () => {};
  #gone: () => void = () => {};

  postMessage(message: unknown) {
    this.requests.push(structuredClone(message) as StoreRequest);
  }

  on(event: 'message' | 'close', listener: ((answer: StoreAnswer) => void) & (() => void)) {
    if (event === 'message') this.#answered = listener;
    else this.#gone = listener;
  }

  close() {
    this.isClosed = true;
  }

  answer(id: number, value: unknown = null) {
    this.#answered({ id, ok: true, value });
  }

  refuse(id: number) {
    this.#answered({ id, ok: false, error: { name: 'Error', code: 'ERR_STORE', message: 'no' } });
  }

  die() {
    this.#gone();
  }
}

const UNDECIDED = { outcome: null, answers: {} };

function clientUnderTest() {
  const port = new FakeStorePort();
  const clock = new FakeClock();
  return { port, clock, client: new StoreClient(port, { clock, log: silentLog }) };
}

describe('StoreClient', () => {
  it('says durable once the store has committed', async () => {
    const { client, port } = clientUnderTest();
    const committed = client.commit('CA1', 0, { node: 'age' }, { outcome: 'eligible', answers: { age: 70 } });
    expect(port.requests[0]?.ask).toMatchObject({
      kind: 'commit',
      state: '{"node":"age"}',
      outcome: 'eligible',
      answers: '{"age":70}',
    });
    port.answer(1);
    expect(await committed).toBe('durable');
    expect(client.deferredCount).toBe(0);
  });

  it('says deferred after 250 ms, and counts it until it is written', async () => {
    const { client, port, clock } = clientUnderTest();
    const committed = client.commit('CA1', 0, {}, UNDECIDED);
    clock.advanceMs(249);
    expect(client.deferredCount).toBe(0);
    clock.advanceMs(1);
    expect(await committed).toBe('deferred');
    expect(client.deferredCount).toBe(1);
    port.answer(1);
    expect(client.deferredCount).toBe(0);
    expect(client.totals).toEqual({ deferred: 1, lost: 0 });
  });

  it('says deferred when the store refuses, and counts it as lost', async () => {
    const { client, port } = clientUnderTest();
    const committed = client.commit('CA1', 0, {}, UNDECIDED);
    port.refuse(1);
    expect(await committed).toBe('deferred');
    expect(client.totals.lost).toBe(1);
  });

  it('takes a read that the store could not answer for no loss', async () => {
    const { client, port } = clientUnderTest();
    const loaded = client.load('CA1');
    port.refuse(1);
    await expect(loaded).rejects.toMatchObject({ code: 'ERR_STORE' });
    const given = client.load('CA2');
    port.die();
    await expect(given).rejects.toMatchObject({ code: 'ERR_STORE' });
    expect(client.totals.lost).toBe(0);
  });

  it('tells a fenced begin from one that begun', async () => {
    const { client, port } = clientUnderTest();
    const call = { callSid: 'CA1', attempt: 0, from: '', to: '', flowHash: '' };
    const first = client.begin(call);
    const second = client.begin(call);
    port.answer(1, 'begun');
    port.answer(2, 'fenced');
    expect([await first, await second]).toEqual(['begun', 'fenced']);
  });

  it('sends at most 256 ahead of their answers, the rest in order', async () => {
    const { client, port } = clientUnderTest();
    for (let index = 1; index <= 300; index++) void client.finish(`CA${index}`, 0, 'completed');
    expect(port.requests).toHaveLength(256);
    for (let id = 1; id <= 44; id++) port.answer(id);
    expect(port.requests.map(({ ask }) => ask.kind === 'finish' && ask.callSid).slice(256)).toEqual(
      Array.from({ length: 44 }, (_, index) => `CA${257 + index}`),
    );
  });

  it("keeps only the newest of a call's commits that wait, and answers all of them", async () => {
    const { client, port } = clientUnderTest();
    for (let index = 1; index <= 256; index++) void client.finish(`CA${index}`, 0, 'completed');
    const older = client.commit('CB', 0, { turn: 1 }, UNDECIDED);
    const newer = client.commit('CB', 0, { turn: 2 }, UNDECIDED);
    port.answer(1);
    expect(port.requests.slice(256).map(({ ask }) => ask)).toMatchObject([{ state: '{"turn":2}' }]);
    port.answer(257);
    expect([await older, await newer]).toEqual(['durable', 'durable']);
  });

  it('loses no turn of the commits that it made one of', () => {
    const { client, port } = clientUnderTest();
    for (let index = 1; index <= 256; index++) void client.finish(`CA${index}`, 0, 'completed');
    const turn = (listenId: number) => ({ ...UNDECIDED, turn: { listenId } as TurnRecord });
    void client.commit('CB', 0, { turn: 1 }, turn(1));
    void client.commit('CB', 0, { turn: 2 }, UNDECIDED);
    void client.commit('CB', 0, { turn: 3 }, turn(2));
    port.answer(1);
    expect(port.requests.at(-1)?.ask).toMatchObject({
      state: '{"turn":3}',
      turns: [{ listenId: 1 }, { listenId: 2 }],
    });
  });

  it('loses no transfer of the commits that it made one of', () => {
    const { client, port } = clientUnderTest();
    for (let index = 1; index <= 256; index++) void client.finish(`CA${index}`, 0, 'completed');
    void client.commit(
      'CB',
      0,
      { turn: 1 },
      { ...UNDECIDED, transfer: { to: '+12025550123', whisper: '', ringSeconds: 20 } },
    );
    void client.commit('CB', 0, { turn: 2 }, UNDECIDED);
    port.answer(1);
    expect(port.requests.at(-1)?.ask).toMatchObject({
      state: '{"turn":2}',
      transfer: { to: '+12025550123', whisper: '', ringSeconds: 20 },
    });
  });

  it('never makes a begin wait behind other writes', () => {
    const { client, port } = clientUnderTest();
    for (let index = 1; index <= 300; index++) void client.finish(`CA${index}`, 0, 'completed');
    void client.begin({ callSid: 'CB', attempt: 0, from: '', to: '', flowHash: '' });
    expect(port.requests.at(-1)?.ask).toMatchObject({ kind: 'begin', callSid: 'CB' });
  });

  it('loses what does not fit, aloud, and holds nobody up', async () => {
    const { client } = clientUnderTest();
    for (let index = 0; index < 256 + 20_000; index++) void client.finish(`CA${index}`, 0, 'completed');
    expect(await client.finish('CB', 0, 'completed')).toBe('deferred');
    expect(client.totals.lost).toBe(1);
  });

  it('gives up a read after 2 s', async () => {
    const { client, clock } = clientUnderTest();
    const loaded = client.load('CA1');
    clock.advanceMs(2000);
    await expect(loaded).rejects.toMatchObject({ code: 'ERR_DEADLINE' });
  });

  it('goes on without a store thread that has died', async () => {
    const { client, port } = clientUnderTest();
    const inFlight = client.commit('CA1', 0, {}, UNDECIDED);
    port.die();
    expect(await inFlight).toBe('deferred');
    expect(await client.commit('CA1', 0, {}, UNDECIDED)).toBe('deferred');
    await expect(client.load('CA1')).rejects.toMatchObject({ code: 'ERR_STORE' });
    expect(client.totals.lost).toBe(2);
  });

  it('waits for its last writes before it closes, but not for ever', async () => {
    const { client, port, clock } = clientUnderTest();
    void client.finish('CA1', 0, 'completed');
    const closed = client.close();
    expect(port.isClosed).toBe(false);
    port.answer(1);
    await closed;
    expect(port.isClosed).toBe(true);
    const stuck = clientUnderTest();
    void stuck.client.finish('CA1', 0, 'completed');
    const gone = stuck.client.close();
    stuck.clock.advanceMs(2000);
    await gone;
    expect(stuck.port.isClosed).toBe(true);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('leaves no timer behind', async () => {
    const { client, port, clock } = clientUnderTest();
    const committed = client.commit('CA1', 0, {}, UNDECIDED);
    const loaded = client.load('CA1');
    port.answer(1);
    port.answer(2, null);
    await Promise.all([committed, loaded]);
    expect(clock.pendingTimers()).toBe(0);
  });
});
