import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StoreWrite } from '../../../src/channel/store-messages.ts';
import { ChannelListener } from '../../../src/store/channel-listener.ts';
import { NodeRegistry } from '../../../src/store/node-registry.ts';
import { PostgresEngine } from '../../../src/store/postgres-engine.ts';
import { HANG_UP_CHANNEL, LIVE_CHANNEL, SqlStore } from '../../../src/store/sql-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { postgresMissing, TestPostgres } from '../../support/postgres.ts';
import { keptLog, silentLog } from '../../support/silent-log.ts';

const PATIENCE = { timeout: 10_000, interval: 20 };
const begin = (callSid: string, attempt = 0): StoreWrite => ({
  kind: 'begin',
  callSid,
  attempt,
  from: '',
  to: '',
  flowHash: 'f',
  atWallMs: 1000,
});
const finish = (callSid: string): StoreWrite => ({
  kind: 'finish',
  callSid,
  attempt: 0,
  reason: 'completed',
  atWallMs: 5000,
});

describe.skipIf(postgresMissing !== null)('nodes that share a PostgreSQL', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await TestPostgres.start();
  }, 60_000);
  afterAll(() => server?.close(), 60_000);

  async function fleetUnderTest() {
    const url = await server.createDatabase();
    const nodeBegins = async (nodeId: string) => {
      const engine = await PostgresEngine.open({ url, poolMax: 2 }, silentLog);
      const store = new SqlStore(engine, { nodeId });
      const clock = new FakeClock();
      const { log, lines } = keptLog();
      const hungUp: string[] = [];
      const onMessage = (callSid: string) => hungUp.push(callSid);
      const listener = new ChannelListener({ url, channel: HANG_UP_CHANNEL, onMessage, clock, log });
      const registry = new NodeRegistry({
        engine,
        statements: store.statements,
        nodeId,
        url: `wss://${nodeId}.example`,
        listener,
        clock,
        log,
      });
      registry.begin();
      onTestFinished(async () => {
        await registry.close();
        await store.close();
      });
      await vi.waitFor(async () => {
        expect((await store.nodes()).map((node) => node.nodeId)).toContain(nodeId);
      }, PATIENCE);
      /** Heartbeats, each when the last is written. */
      const beats = async (count: number) => {
        for (let beat = 0; beat < count; beat++) {
          // The next heartbeat's, and the listener's.
          await vi.waitFor(() => expect(clock.pendingTimers()).toBe(2), PATIENCE);
          const seen = await seenOf(store, nodeId);
          clock.advanceMs(2000);
          await vi.waitFor(async () => expect(await seenOf(store, nodeId)).toBeGreaterThan(seen), PATIENCE);
        }
      };
      return { store, registry, clock, lines, hungUp, beats };
    };
    const asked = async (statement: string) => {
      const client = new pg.Client({ connectionString: url, options: '-c search_path=trunkline' });
      await client.connect();
      try {
        return (await client.query(statement)).rows;
      } finally {
        await client.end();
      }
    };
    const connected = async () => {
      const client = new pg.Client({ connectionString: url, options: '-c search_path=trunkline' });
      await client.connect();
      onTestFinished(() => client.end());
      return client;
    };
    return { nodeBegins, asked, connected, url };
  }

  const seenOf = async (store: SqlStore, nodeId: string) =>
    (await store.nodes()).find((node) => node.nodeId === nodeId)?.seenAtWallMs ?? 0;

  it('show each other how many calls they have and whether they leave, and go without a trace', async () => {
    const { nodeBegins } = await fleetUnderTest();
    const [one, two] = [await nodeBegins('one'), await nodeBegins('two')];
    one.registry.report(7, true);
    await one.beats(1);
    expect(await two.store.nodes()).toMatchObject([
      { nodeId: 'one', url: 'wss://one.example', liveCalls: 7, isDraining: true },
      { nodeId: 'two', liveCalls: 0, isDraining: false },
    ]);
    await one.registry.close();
    expect((await two.store.nodes()).map(({ nodeId }) => nodeId)).toEqual(['two']);
  });

  it('list the live calls of the whole fleet, with where each is', async () => {
    const { nodeBegins } = await fleetUnderTest();
    const [one, two] = [await nodeBegins('one'), await nodeBegins('two')];
    await one.store.write([begin('CA1'), begin('CA2'), finish('CA2')]);
    await two.store.write([begin('CA3')]);
    expect(await one.store.liveCalls(10)).toMatchObject([
      { callSid: 'CA1', nodeId: 'one', nodeUrl: 'wss://one.example' },
      { callSid: 'CA3', nodeId: 'two', nodeUrl: 'wss://two.example' },
    ]);
  });

  it('say when a call begins or ends to whoever watches, and nothing of what is said in it', async () => {
    const { asked, nodeBegins, url } = await fleetUnderTest();
    const { store } = await nodeBegins('one');
    const told: string[] = [];
    const [clock, log] = [new FakeClock(), silentLog];
    const onMessage = (text: string) => told.push(text);
    const watcher = new ChannelListener({ url, channel: LIVE_CHANNEL, onMessage, clock, log });
    watcher.begin();
    onTestFinished(() => watcher.close());
    await vi.waitFor(async () => {
      await asked("select pg_notify('trunkline_live', 'ready')");
      expect(told).toContain('ready');
    }, PATIENCE);
    const news = () => told.filter((text) => text === '').length;
    const state = { state: '{}', outcome: null, answers: '{}', atWallMs: 2000 };
    await store.write([begin('CA1')]);
    await vi.waitFor(() => expect(news()).toBe(1), PATIENCE);
    await store.write([{ kind: 'commit', callSid: 'CA1', attempt: 0, ...state }]);
    await store.write([finish('CA1'), begin('CA2')]);
    await vi.waitFor(() => expect(news()).toBe(2), PATIENCE);
  });

  it('end the calls of a node that is dead for 30 s, but for those that came back, and believe it if it was not', async () => {
    const { nodeBegins, asked } = await fleetUnderTest();
    const [dead, living] = [await nodeBegins('dead'), await nodeBegins('living')];
    await dead.store.write([begin('CAlost'), begin('CAback')]);
    await living.store.write([begin('CAback', 1), begin('CAlive')]);
    await asked("update nodes set seen_at_wall_ms = seen_at_wall_ms - 31000 where node_id = 'dead'");
    const reasonOf = async (callSid: string) => (await living.store.load(callSid))?.endReason;
    await living.beats(5);
    expect(await reasonOf('CAlost')).toBeNull();
    await living.beats(15);
    await vi.waitFor(async () => expect(await reasonOf('CAlost')).toBe('node lost'), PATIENCE);
    expect(await reasonOf('CAback')).toBeNull();
    expect(await reasonOf('CAlive')).toBeNull();
    expect(living.lines()).toContainEqual(expect.objectContaining({ event: 'calls.abandoned', calls: 1 }));
    await dead.store.write([finish('CAlost')]);
    expect(await reasonOf('CAlost')).toBe('completed');
  }, 30_000);

  it('leave a call alone that comes back elsewhere at the very moment in which it is taken for lost', async () => {
    const { nodeBegins, asked, connected } = await fleetUnderTest();
    const [dead, living] = [await nodeBegins('dead'), await nodeBegins('living')];
    await dead.store.write([begin('CAback'), begin('CAlost')]);
    await asked("update nodes set seen_at_wall_ms = seen_at_wall_ms - 31000 where node_id = 'dead'");
    const third = await connected();
    await third.query('begin');
    await third.query("update calls set node_id = 'living', attempt = 1 where call_sid = 'CAback'");
    const sweeping = living.store.abandon(Number.MAX_SAFE_INTEGER);
    await vi.waitFor(async () => {
      const waiting = await asked("select from pg_stat_activity where wait_event_type = 'Lock'");
      expect(waiting).toHaveLength(1);
    }, PATIENCE);
    await third.query('commit');
    expect(await sweeping).toBe(1);
    expect(await living.store.load('CAback')).toMatchObject({ attempt: 1, endReason: null });
    expect((await living.store.load('CAlost'))?.endReason).toBe('stream lost');
  });

  it('are seen by the clock of the database: one whose own is an hour fast takes nobody for dead', async () => {
    const { nodeBegins } = await fleetUnderTest();
    const [fast, living] = [await nodeBegins('fast'), await nodeBegins('living')];
    await living.store.write([begin('CAlive')]);
    const anHourOnMs = Date.now() + 3_600_000;
    expect(await fast.store.abandon(anHourOnMs, anHourOnMs)).toBe(0);
    expect((await living.store.load('CAlive'))?.endReason).toBeNull();
  });

  it('are all told which call to hang up, and hear again after their connection was lost', async () => {
    const { nodeBegins, asked } = await fleetUnderTest();
    const [one, two] = [await nodeBegins('one'), await nodeBegins('two')];
    const hears = (callSid: string) =>
      vi.waitFor(async () => {
        await one.store.write([{ kind: 'hang-up', callSid }]);
        for (const node of [one, two]) expect(node.hungUp).toContain(callSid);
      }, PATIENCE);
    await hears('CA1');
    await asked("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'");
    await vi.waitFor(() => {
      for (const node of [one, two]) expect(node.lines().map(({ event }) => event)).toContain('node.deaf');
    }, PATIENCE);
    for (const node of [one, two]) node.clock.advanceMs(1000);
    await hears('CA2');
  });
});
