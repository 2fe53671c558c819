import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as endOfTick } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { StoreAnswer, StoreRequest, StoreWrite } from '../../../src/channel/store-messages.ts';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { StoreThread } from '../../../src/store/store-thread.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/silent-log.ts';
import { openStore } from '../../support/store-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const BUSY = Object.assign(new Error('database is locked'), { errcode: 5 });
const LOCKED = new Error('a row is locked');
const BAD = new Error('this row is bad');

/** An engine that keeps its transactions, and fails for as long as the test says. */
class FakeEngine {
  readonly transactions: StoreWrite[][] = [];
  failsWith: ((writes: readonly StoreWrite[]) => Error | null) | null = null;

  async write(writes: readonly StoreWrite[]) {
    const error = this.failsWith?.(writes) ?? null;
    if (error !== null) throw error;
    this.transactions.push([...writes]);
    return writes.map((write) => (write.kind === 'begin' ? ('begun' as const) : null));
  }

  async load() {
    return null;
  }

  async list() {
    return [];
  }

  async turnsOf() {
    return [];
  }

  async flowText() {
    return null;
  }

  async liveCalls() {
    return [];
  }

  async nodes() {
    return [];
  }

  async tally() {
    return { outcomes: {}, turns: 0, steps: [], next: null };
  }

  async abandon() {
    return 0;
  }

  isTransient(error: unknown) {
    return error === BUSY || error === LOCKED;
  }

  isRowLocked(error: unknown) {
    return error === LOCKED;
  }

  callSids() {
    return this.transactions.map((writes) => writes.map(callSidOf));
  }
}

const callSidOf = (write: StoreWrite) => ('callSid' in write ? write.callSid : write.kind);

const commit = (callSid: string, state = '{}'): StoreWrite & { kind: 'commit' } => ({
  kind: 'commit',
  callSid,
  attempt: 0,
  state,
  outcome: null,
  answers: '{}',
  atWallMs: 0,
});
const begin = (callSid: string): StoreWrite & { kind: 'begin' } => ({
  kind: 'begin',
  callSid,
  attempt: 0,
  from: '',
  to: '',
  flowHash: '',
  atWallMs: 0,
});

function threadUnderTest(store: ConstructorParameters<typeof StoreThread>[0]['store']) {
  const clock = new FakeClock();
  const { log, lines } = keptLog();
  const thread = new StoreThread({ store, clock, log });
  const answers: StoreAnswer[] = [];
  const ask = thread.addClient((answer) => answers.push(answer));
  let id = 0;
  const request = (one: StoreRequest['ask']) => ask({ id: ++id, ask: one });
  return { thread, clock, lines, answers, request };
}

/** A flush is some promises long, each of which may schedule another end of tick. */
async function settle(): Promise<void> {
  for (let tick = 0; tick < 5; tick++) await endOfTick();
}

describe('StoreThread', () => {
  it('writes all that arrived in a tick in one transaction, and answers each', async () => {
    const engine = new FakeEngine();
    const { request, answers } = threadUnderTest(engine);
    request(commit('CA1'));
    request(commit('CA2'));
    request(begin('CA3'));
    await settle();
    expect(engine.transactions).toHaveLength(1);
    expect(answers.map(({ id }) => id).sort()).toEqual([1, 2, 3]);
    expect(answers.every(({ ok }) => ok)).toBe(true);
  });

  it('answers nothing before the transaction is committed', async () => {
    const engine = new FakeEngine();
    const { request, answers } = threadUnderTest(engine);
    request(commit('CA1'));
    expect(answers).toEqual([]);
    await settle();
    expect(answers).toHaveLength(1);
  });

  it('writes the begin of a call before its commits, whichever port was read first', async () => {
    const engine = new FakeEngine();
    const { request } = threadUnderTest(engine);
    request(commit('CA1'));
    request(begin('CA1'));
    await settle();
    expect(engine.transactions[0]?.map(({ kind }) => kind)).toEqual(['begin', 'commit']);
  });

  it('writes what an attempt has left before the begin of the next one, which would fence it', async () => {
    const engine = new FakeEngine();
    const { request } = threadUnderTest(engine);
    request(begin('CA2'));
    request(commit('CA1', 'the last of attempt 0'));
    request({ ...commit('CA1', 'the first of attempt 1'), attempt: 1 });
    request({ ...begin('CA1'), attempt: 1 });
    await settle();
    expect(engine.transactions[0]?.map((write) => ('state' in write ? write.state : write.kind))).toEqual([
      'begin',
      'the last of attempt 0',
      'begin',
      'the first of attempt 1',
    ]);
  });

  it('answers a commit of a worker that has lost its call, and does not write it', async () => {
    const engine = new FakeEngine();
    const { request, answers } = threadUnderTest(engine);
    request({ ...commit('CA1', 'new'), move: 1 } as StoreWrite);
    request(commit('CA1', 'old'));
    await settle();
    expect(engine.callSids()).toEqual([['CA1']]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true]);
  });

  it('keeps what a locked store refuses, and writes it in order when the lock is gone', async () => {
    const engine = new FakeEngine();
    const { request, answers, clock, lines } = threadUnderTest(engine);
    engine.failsWith = () => BUSY;
    request(commit('CA1', '1'));
    await settle();
    request(commit('CA1', '2'));
    clock.advanceMs(100);
    await settle();
    expect(answers).toEqual([]);
    engine.failsWith = null;
    clock.advanceMs(200);
    await settle();
    const states = engine.transactions.flat().map((write) => (write.kind === 'commit' ? write.state : ''));
    expect(states).toEqual(['1', '2']);
    expect(answers).toHaveLength(2);
    expect(lines().map((line) => line.event)).toEqual(['store.failed', 'store.recovered']);
  });

  it('reads while writes wait', async () => {
    const engine = new FakeEngine();
    const { request, answers } = threadUnderTest(engine);
    engine.failsWith = () => BUSY;
    request(commit('CA1'));
    await settle();
    request({ kind: 'load', callSid: 'CA1' });
    await settle();
    expect(answers).toEqual([{ id: 2, ok: true, value: null }]);
  });

  it('reads while a write is on its way, and says that it is lost if it never comes back', async () => {
    const engine = new FakeEngine();
    const { thread, request, answers, clock } = threadUnderTest(engine);
    engine.write = () => new Promise(() => {});
    request(commit('CA1'));
    await settle();
    request({ kind: 'turns', callSid: 'CA1' });
    await settle();
    expect(answers).toEqual([{ id: 2, ok: true, value: [] }]);
    const lostWrites = thread.drain(1000);
    clock.advanceMs(1000);
    expect(await lostWrites).toBe(1);
  });

  it('refuses the one bad write of a batch and keeps the others', async () => {
    const engine = new FakeEngine();
    const { request, answers } = threadUnderTest(engine);
    engine.failsWith = (writes) => (writes.some((write) => callSidOf(write) === 'bad') ? BAD : null);
    request(commit('CA1'));
    request(commit('bad'));
    request(commit('CA2'));
    await settle();
    expect(engine.callSids().flat()).toEqual(['CA1', 'CA2']);
    expect(answers.filter(({ ok }) => !ok)).toMatchObject([{ id: 2, error: { message: 'this row is bad' } }]);
  });

  it('loses nothing when a lock comes while a batch is written one by one', async () => {
    const engine = new FakeEngine();
    const { request, answers, clock } = threadUnderTest(engine);
    engine.failsWith = (writes) => {
      if (writes.some((write) => callSidOf(write) === 'bad')) return BAD;
      return writes.some((write) => callSidOf(write) === 'CA2') ? BUSY : null;
    };
    request(commit('CA1'));
    request(commit('bad'));
    request(commit('CA2'));
    request(commit('CA3'));
    await settle();
    expect(engine.callSids().flat()).toEqual(['CA1']);
    engine.failsWith = null;
    clock.advanceMs(100);
    await settle();
    expect(engine.callSids().flat()).toEqual(['CA1', 'CA2', 'CA3']);
    expect(answers).toHaveLength(4);
  });

  it('lets no call wait for the row of another that somebody else holds, and keeps the order of its own', async () => {
    const engine = new FakeEngine();
    const { request, answers, clock } = threadUnderTest(engine);
    engine.failsWith = (writes) => (writes.some((write) => callSidOf(write) === 'held') ? LOCKED : null);
    for (const callSid of ['CA1', 'held', 'CA2', 'held', 'CA1'])
      request(commit(callSid, `${callSid} goes on`));
    await settle();
    expect(engine.callSids()).toEqual([['CA1', 'CA1'], ['CA2']]);
    expect(answers).toHaveLength(3);
    engine.failsWith = null;
    clock.advanceMs(100);
    await settle();
    expect(engine.callSids().at(-1)).toEqual(['held', 'held']);
    expect(answers).toHaveLength(5);
  });

  it('tries a few calls by themselves where many rows are held, the others the next time', async () => {
    const engine = new FakeEngine();
    const { request, clock } = threadUnderTest(engine);
    let tries = 0;
    engine.failsWith = (writes) => {
      tries += 1;
      return writes.some((write) => callSidOf(write).startsWith('held')) ? LOCKED : null;
    };
    for (const callSid of ['held1', 'held2', 'held3', 'CA1', 'CA2']) request(commit(callSid));
    await settle();
    expect(tries).toBe(3);
    for (let retry = 0; retry < 2; retry++) {
      clock.advanceMs(2000);
      await settle();
    }
    expect(engine.callSids()).toEqual([['CA1'], ['CA2']]);
  });

  it('logs of a refusal and of an outage what the engine says, and nothing of the row', async () => {
    const engine = new FakeEngine();
    const { request, lines } = threadUnderTest(engine);
    const row = { detail: 'Failing row contains (CA1, +12025550123, {"ssn":"123456789"}).' };
    for (const error of [BAD, BUSY]) {
      engine.failsWith = () => Object.assign(error, row);
      request(commit('CA1'));
      await settle();
    }
    expect(lines().map(({ event, err }) => [event, err])).toMatchObject([
      ['store.refused', { message: BAD.message }],
      ['store.failed', { message: BUSY.message }],
    ]);
    expect(JSON.stringify(lines())).not.toMatch(/2025550123|123456789/);
  });

  it('refuses reads beyond its bound', async () => {
    const { request, answers } = threadUnderTest(new FakeEngine());
    for (let index = 0; index < 1001; index++) request({ kind: 'load', callSid: 'CA1' });
    expect(answers).toMatchObject([{ id: 1001, ok: false, error: { code: 'ERR_CAPACITY' } }]);
    await settle();
    expect(answers).toHaveLength(1001);
  });

  it('drains before it is closed, and says how many writes it could not', async () => {
    const engine = new FakeEngine();
    const { thread, request, clock } = threadUnderTest(engine);
    request(commit('CA1'));
    expect(await thread.drain(1000)).toBe(0);
    engine.failsWith = () => BUSY;
    request(commit('CA2'));
    await settle();
    const lostWrites = thread.drain(1000);
    for (let step = 0; step < 10; step++) {
      clock.advanceMs(100);
      await settle();
    }
    expect(await lostWrites).toBe(1);
  });

  it('waits for the lock of another process on the real file', async () => {
    const path = join(temporaryFolder(), 'calls.sqlite');
    openStore(path).close();
    const store = SqliteStore.open(path, 1);
    const { request, answers, clock } = threadUnderTest(store);
    const other = new DatabaseSync(path);
    other.exec('begin immediate');
    request(begin('CA1'));
    await settle();
    expect(answers).toEqual([]);
    other.exec('rollback');
    other.close();
    clock.advanceMs(100);
    await settle();
    expect(answers).toEqual([{ id: 1, ok: true, value: 'begun' }]);
    store.close();
  });

  it('gives a call of a dead process its end once nothing can bring it back, and leaves live calls alone', async () => {
    const path = join(temporaryFolder(), 'calls.sqlite');
    const startedAtWallMs = new FakeClock().wallMs();
    const dead = openStore(path);
    await dead.write([
      { ...begin('CAdead'), atWallMs: startedAtWallMs - 1000 },
      { ...begin('CAresumed'), atWallMs: startedAtWallMs - 1000 },
    ]);
    dead.close();
    const store = openStore(path);
    const { thread, clock, lines, request } = threadUnderTest(store);
    expect(await thread.abandonLostCalls(60_000)).toBe(0);
    request({ ...begin('CAresumed'), attempt: 1, atWallMs: startedAtWallMs });
    request({ ...begin('CAlive'), atWallMs: startedAtWallMs });
    await thread.drain(1000);

    const reasonOf = async (callSid: string) => (await store.load(callSid))?.endReason;
    clock.advanceMs(30_000);
    await endOfTick();
    expect(await reasonOf('CAdead')).toBeNull();
    clock.advanceMs(60_000);
    await vi.waitFor(async () => expect(await reasonOf('CAdead')).toBe('stream lost'));
    clock.advanceMs(600_000);
    await endOfTick();
    await thread.drain(1000);
    expect(await reasonOf('CAresumed')).toBeNull();
    expect(await reasonOf('CAlive')).toBeNull();
    expect(lines().filter(({ event }) => event === 'calls.abandoned')).toMatchObject([{ calls: 1 }]);
  });

  it('marks lost calls at the next try after one that failed', async () => {
    let tries = 0;
    const engine = Object.assign(new FakeEngine(), {
      abandon: async () => {
        tries += 1;
        if (tries === 2) throw BUSY;
        return 0;
      },
    });
    const { thread, clock } = threadUnderTest(engine);
    await thread.abandonLostCalls(60_000);
    for (const triesSoFar of [2, 3]) {
      clock.advanceMs(30_000);
      await vi.waitFor(() => expect(tries).toBe(triesSoFar));
    }
  });
});
