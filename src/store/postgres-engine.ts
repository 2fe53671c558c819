/**
 * PostgreSQL behind a bounded pool. A transaction is pipelined: begin, statements and commit leave in one go, and one
 * round trip later it is durable, however many statements it holds. Every wait has a deadline (connect, statement, lock,
 * answer); a connection that ran past one is thrown away, and the next transaction makes a new one. What the lost one still
 * holds on its way may arrive later and would be committed then, over what is newer: its backend is ended first. Store thread.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { DatabaseStart } from '../channel/store-messages.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import {
  MIGRATION_DEADLINE_MS,
  migratePostgres,
  openSchema,
  requirePostgresVersion,
} from './migrate-postgres.ts';
import { isLockNotHad, isServerAway, isTransientPostgresError, isUnanswered } from './postgres-error.ts';
import { type ConnectionSettings, connectionSettings, refusedDatabase } from './postgres-settings.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine, StatementResult } from './sql-engine.ts';

/** Some 15 s, then the start is refused: who started us starts us again. */
const OPEN_ATTEMPTS_MAX = 15;
const OPEN_RETRY_MS = 1000;
/** A backend ends within milliseconds. One that does not is stuck in the system, and so is whatever it holds. */
const END_LOOKS_MAX = 20;
const END_LOOK_MS = 100;

export class PostgresEngine implements SqlEngine {
  readonly name = 'postgres';
  readonly tables: Kysely<Tables>;
  readonly #pool: pg.Pool;
  /** Of our connections alone: a process number may be another's by the time that it is looked for. */
  readonly #applicationName: string;
  /** Process numbers of backends that were lost in the middle of a transaction. */
  readonly #lostBackends = new Set<number>();
  #closed: Promise<void> | null = null;

  private constructor(pool: pg.Pool, applicationName: string) {
    this.#pool = pool;
    this.#applicationName = applicationName;
    this.tables = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  }

  /** Brings the schema up to date. Rejects with ConfigError where the server cannot be reached or used, or a newer Trunkline wrote it. */
  static open(database: DatabaseStart, log: Log): Promise<PostgresEngine> {
    return PostgresEngine.#opened(database, log, async (client, where) => {
      await openSchema(client);
      await migratePostgres(client, where);
    });
  }

  /** For who only looks: changes nothing. Rejects with ConfigError where the schema is of another version. */
  static openToRead(database: DatabaseStart, log: Log): Promise<PostgresEngine> {
    return PostgresEngine.#opened(database, log, requirePostgresVersion);
  }

  static async #opened(
    database: DatabaseStart,
    log: Log,
    prepare: (client: pg.ClientBase, where: string) => Promise<void>,
  ): Promise<PostgresEngine> {
    const settings = connectionSettings(database.url);
    const applicationName = `${settings.client.application_name} ${randomBytes(4).toString('hex')}`;
    const pool = new pg.Pool({
      ...settings.client,
      application_name: applicationName,
      max: database.poolMax,
      pipeline: true,
    });
    // A connection that breaks says so to whoever waits for it; without a listener it would end the thread.
    pool.on('connect', (client) => client.on('error', () => {}));
    pool.on('error', (err) =>
      log.debug({ event: 'store.connection-lost', err: err.message }, 'an idle connection was lost'),
    );
    try {
      await withOwnConnection(settings, log, (client) => prepare(client, settings.where));
      return new PostgresEngine(pool, applicationName);
    } catch (error) {
      await pool.end();
      throw refusedDatabase(settings.where, error);
    }
  }

  async transact(statements: readonly CompiledQuery[]): Promise<readonly StatementResult[]> {
    const client = await this.#pool.connect();
    let isWhole = false;
    try {
      await this.#endLostBackends(client);
      const [, ...answers] = await allSettled([
        client.query('begin'),
        ...statements.map(({ sql, parameters }) => client.query(sql, [...parameters])),
        client.query('commit'),
      ]);
      const commit = answers.pop();
      // The server answers the commit of a transaction that it has undone with this word, and no error.
      if (commit?.command === 'ROLLBACK') throw new Error('the transaction was undone');
      isWhole = true;
      return answers.map(({ rowCount }) => ({ affectedRows: rowCount ?? 0 }));
    } catch (error) {
      if (isUnanswered(error)) this.#lostBackends.add(backendOf(client));
      throw error;
    } finally {
      // After a failure nobody knows in what state it is; connections are cheap, and failures rare.
      client.release(!isWhole);
    }
  }

  /** Resolves when none can commit any more. One of an earlier run of the server, or of another server, is not there. */
  async #endLostBackends(client: pg.PoolClient): Promise<void> {
    for (let look = 0; look < END_LOOKS_MAX && this.#lostBackends.size > 0; look++) {
      const lost = [...this.#lostBackends];
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where pid = any($1) and pid <> pg_backend_pid() and application_name = $2`,
        [lost, this.#applicationName],
      );
      if (rowCount === 0) for (const backend of lost) this.#lostBackends.delete(backend);
      else await sleep(END_LOOK_MS);
    }
    this.#lostBackends.clear();
  }

  isTransient(error: unknown): boolean {
    return isTransientPostgresError(error);
  }

  isRowLocked(error: unknown): boolean {
    return isLockNotHad(error);
  }

  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }
}

/** The process number that the server gave; its types do not name it. */
function backendOf(client: pg.PoolClient): number {
  return (client as unknown as { readonly processID: number }).processID;
}

/** A database often starts together with its servers: one that is not there yet is waited for. */
async function withOwnConnection(
  settings: ConnectionSettings,
  log: Log,
  work: (client: pg.ClientBase) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    // A step of the schema may take longer than a call's statement; the server's own deadline is set with it.
    const client = new pg.Client({ ...settings.client, query_timeout: MIGRATION_DEADLINE_MS });
    client.on('error', () => {});
    try {
      await client.connect();
      await work(client);
      return;
    } catch (error) {
      if (attempt >= OPEN_ATTEMPTS_MAX || !isServerAway(error)) throw error;
      if (attempt === 1)
        log.warn(
          { event: 'store.waiting', err: toErrorRecord(error) },
          'the database does not answer yet; it is asked again',
        );
    } finally {
      await client.end().catch(() => {});
    }
    await sleep(OPEN_RETRY_MS);
  }
}

/** The results, once all are in. Rejects with the first failure in order: the later ones only follow from it. */
async function allSettled(queries: readonly Promise<pg.QueryResult>[]): Promise<pg.QueryResult[]> {
  const settled = await Promise.allSettled(queries);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
