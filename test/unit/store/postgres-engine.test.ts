import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StoreWrite } from '../../../src/channel/store-messages.ts';
import { ConfigError } from '../../../src/errors.ts';
import { PostgresEngine } from '../../../src/store/postgres-engine.ts';
import { isTransientPostgresError } from '../../../src/store/postgres-error.ts';
import { SCHEMA_VERSION } from '../../../src/store/schema-version.ts';
import { SqlStore } from '../../../src/store/sql-store.ts';
import { withoutCredentials } from '../../../src/store/without-credentials.ts';
import { postgresMissing, TestPostgres } from '../../support/postgres.ts';
import { silentLog } from '../../support/silent-log.ts';
import { SlowNetwork } from '../../support/slow-network.ts';

describe('PostgresEngine', () => {
  let server: TestPostgres;
  const it_ = it.skipIf(postgresMissing !== null);
  beforeAll(async () => {
    if (postgresMissing === null) server = await TestPostgres.start();
  }, 60_000);
  afterAll(() => server?.close(), 60_000);

  const asked = async (url: string, statement: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  };

  it_('brings one schema about, also when four nodes start at once', async () => {
    const url = await server.createDatabase();
    const nodes = [1, 2, 3, 4].map(() => PostgresEngine.open({ url, poolMax: 2 }, silentLog));
    const engines = await Promise.all(nodes);
    expect(await asked(url, 'select version from trunkline.schema_version')).toEqual([
      { version: SCHEMA_VERSION },
    ]);
    await Promise.all(engines.map((engine) => engine.close()));
  });

  it_('holds no call of other nodes up while a step waits for a table that somebody reads', async () => {
    const url = await server.createDatabase();
    const older = await PostgresEngine.open({ url, poolMax: 2 }, silentLog);
    onTestFinished(() => older.close());
    await asked(
      url,
      'alter table trunkline.calls drop column transfer, drop column transfer_status; ' +
        'drop table trunkline.dials, trunkline.do_not_call; update trunkline.schema_version set version = 3',
    );
    const backup = new pg.Client({ connectionString: url });
    await backup.connect();
    await backup.query('begin; select count(*) from trunkline.calls');
    const opening = PostgresEngine.open({ url, poolMax: 2 }, silentLog);
    const waits = `select 1 from pg_stat_activity where query ~ '^\\s*alter table' and wait_event_type = 'Lock'`;
    await vi.waitFor(async () => expect(await asked(url, waits)).toHaveLength(1), {
      timeout: 10_000,
      interval: 20,
    });
    const beganAtMs = performance.now();
    await older.tables.selectFrom('calls').select('call_sid').execute();
    expect(performance.now() - beganAtMs).toBeLessThan(2000);
    await backup.end();
    await (await opening).close();
    expect(await asked(url, 'select version from trunkline.schema_version')).toEqual([
      { version: SCHEMA_VERSION },
    ]);
  });

  it_('refuses the schema of a newer version, and names both', async () => {
    const url = await server.createDatabase();
    await (await PostgresEngine.open({ url, poolMax: 2 }, silentLog)).close();
    await asked(url, 'update trunkline.schema_version set version = 99');
    const opening = PostgresEngine.open({ url, poolMax: 2 }, silentLog);
    await expect(opening).rejects.toThrow(`Expected schema version ${SCHEMA_VERSION} or older in `);
  });

  it_('keeps its tables apart, whatever options the URL has and whoever connects', async () => {
    const url = await server.createDatabase();
    await asked(url, 'create role somebody superuser login');
    const theirs = `${url.replace('trunkline@', 'somebody@')}?options=-c%20geqo%3Doff`;
    const engine = await PostgresEngine.open({ url: theirs, poolMax: 2 }, silentLog);
    const [geqo] = (await sql<{ geqo: string }>`show geqo`.execute(engine.tables)).rows;
    await engine.close();
    expect(geqo).toEqual({ geqo: 'off' });
    const schemas = await asked(
      url,
      "select distinct schemaname from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    );
    expect(schemas).toEqual([{ schemaname: 'trunkline' }]);
  });

  it_('needs no right to make a schema where somebody has made it', async () => {
    const url = await server.createDatabase();
    await asked(url, 'create role guest login; create schema trunkline authorization guest');
    const guest = url.replace('trunkline@', 'guest@');
    await (await PostgresEngine.open({ url: guest, poolMax: 2 }, silentLog)).close();
    expect(await asked(url, 'select version from trunkline.schema_version')).toEqual([
      { version: SCHEMA_VERSION },
    ]);
  });

  it_('does not make a schema for who only looks', async () => {
    const url = await server.createDatabase();
    await expect(PostgresEngine.openToRead({ url, poolMax: 2 }, silentLog)).rejects.toThrow(
      /^Expected Trunkline's tables in postgres:\/\/127\.0\.0\.1:\d+\/test_\w+, received none/,
    );
  });

  it_('refuses a database that is not there in words without the password', async () => {
    const url = `postgres://trunkline:hunter2@127.0.0.1:${server.port}/nowhere`;
    const refused = await PostgresEngine.open({ url, poolMax: 2 }, silentLog).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(ConfigError);
    expect((refused as Error).message).toMatch(/^DATABASE_URL: .*"nowhere" does not exist$/);
    expect(JSON.stringify(refused, Object.getOwnPropertyNames(refused))).not.toContain('hunter2');
  });

  it_('writes again after its connections were cut', async () => {
    const url = await server.createDatabase();
    const engine = await PostgresEngine.open({ url, poolMax: 2 }, silentLog);
    const flow = (hash: string) =>
      engine.tables.insertInto('flows').values({ hash, name: 'f', text: 't', kept_at_wall_ms: 1 }).compile();
    await engine.transact([flow('one')]);
    await server.stop();
    const refused = await engine.transact([flow('two')]).catch((error: unknown) => error);
    expect(engine.isTransient(refused)).toBe(true);
    await server.run();
    await engine.transact([flow('three')]);
    expect(await engine.tables.selectFrom('flows').select('hash').execute()).toEqual([
      { hash: 'one' },
      { hash: 'three' },
    ]);
    await engine.close();
  });

  it_('never lets what was lost on its way be committed over what came after it', async () => {
    const network = await SlowNetwork.before(server.port);
    const url = (await server.createDatabase()).replace(`:${server.port}/`, `:${network.port}/`);
    // By the URL, so that the test need not wait for the 8 s of ours.
    const engine = await PostgresEngine.open({ url: `${url}?query_timeout=300`, poolMax: 2 }, silentLog);
    onTestFinished(() => engine.close());
    const store = new SqlStore(engine);
    const commit = (state: string): StoreWrite => ({
      kind: 'commit',
      callSid: 'CA1',
      attempt: 0,
      state: JSON.stringify(state),
      outcome: null,
      answers: '{}',
      atWallMs: 1,
    });
    const begin = { callSid: 'CA1', attempt: 0, from: '', to: '', flowHash: 'f', atWallMs: 1 };
    await store.write([{ kind: 'begin', ...begin }]);
    const release = network.hold();
    const lost = await store.write([commit('old')]).catch((error: unknown) => error);
    expect(engine.isTransient(lost)).toBe(true);
    await store.write([commit('old')]);
    await store.write([commit('new')]);
    await release();
    expect((await store.load('CA1'))?.state).toBe('new');
  });

  it_('tells a row that somebody else holds from a server that is away', async () => {
    const url = await server.createDatabase();
    const engine = await PostgresEngine.open({ url: `${url}?lock_timeout=100`, poolMax: 2 }, silentLog);
    onTestFinished(() => engine.close());
    const store = new SqlStore(engine);
    const begin = { callSid: 'CA1', attempt: 0, from: '', to: '', flowHash: 'f', atWallMs: 1 };
    await store.write([{ kind: 'begin', ...begin }]);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    onTestFinished(() => other.end());
    await other.query('begin; select from trunkline.calls for update');
    const end = { callSid: 'CA1', attempt: 0, reason: 'completed', atWallMs: 2 } as const;
    const failure = await store.write([{ kind: 'finish', ...end }]).catch((error: unknown) => error);
    expect([store.isTransient(failure), store.isRowLocked(failure)]).toEqual([true, true]);
    expect(store.isRowLocked(new Error('Connection terminated unexpectedly'))).toBe(false);
  });

  it('calls a server that is gone, full or busy transient, and a wrong row not', () => {
    const said = (code: string) => isTransientPostgresError(Object.assign(new Error('no'), { code }));
    for (const code of [
      'ECONNREFUSED',
      'EPIPE',
      '57P01',
      '57P03',
      '53100',
      '55P03',
      '40P01',
      '57014',
      '08006',
    ])
      expect([code, said(code)]).toEqual([code, true]);
    for (const code of ['22021', '23505', '42P01', '22P02'])
      expect([code, said(code)]).toEqual([code, false]);
    expect(isTransientPostgresError(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isTransientPostgresError(new TypeError('undefined is not a function'))).toBe(false);
  });

  it('names a database without its password', () => {
    expect(withoutCredentials('postgres://me:secret@db.example:5433/calls?sslmode=require')).toBe(
      'postgres://db.example:5433/calls',
    );
  });
});
