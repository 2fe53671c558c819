/**
 * Brings a PostgreSQL schema to this version. The table `schema_version` says where it stands. An advisory lock makes one
 * of two nodes that start at once wait for the other, which then has left nothing to do. Store thread.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { systemClock } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import { isLockNotHad } from './postgres-error.ts';
import { SCHEMA } from './postgres-settings.ts';
import { migrationsFrom, requireSchemaVersion } from './schema-version.ts';

/** Any number that no other program takes: "trunk" in ASCII. */
const LOCK_KEY = 0x7472756e6b;
/** A step that rebuilds a large table takes longer than a statement of a call may. */
export const MIGRATION_DEADLINE_MS = 600_000;
/**
 * For a table's own lock. Behind whoever asks for one everybody else waits, too, the calls of all nodes first: so it is asked
 * for no longer than a commit takes that nobody minds, given up, and asked for again, until a backup or a report is through.
 */
const TABLE_LOCK_MS = 200;
const TABLE_LOCK_PAUSE_MS = 1000;

/** Makes the schema and its version's table where they are not there. */
export async function openSchema(client: ClientBase): Promise<void> {
  await locked(client, async () => {
    // Not `if not exists`: that asks for the right to make one, also where it is there.
    const found = await client.query(`select to_regnamespace('${SCHEMA}') is null as "isMissing"`);
    if (found.rows[0]?.isMissing === true) await client.query(`create schema ${SCHEMA}`);
    await client.query('create table if not exists schema_version (version integer not null)');
  });
}

/** Throws ConfigError where a newer Trunkline has been here. `where`: names the database in messages. */
export async function migratePostgres(client: ClientBase, where: string): Promise<void> {
  const giveUpAtMs = systemClock.nowMs() + MIGRATION_DEADLINE_MS;
  for (;;) {
    try {
      await locked(client, () => stepUp(client, where));
      return;
    } catch (error) {
      if (!isLockNotHad(error) || systemClock.nowMs() > giveUpAtMs) throw error;
    }
    await sleep(TABLE_LOCK_PAUSE_MS);
  }
}

async function stepUp(client: ClientBase, where: string): Promise<void> {
  const migrations = migrationsFrom(await schemaVersion(client), where);
  if (migrations.length === 0) return;
  await client.query(`set local lock_timeout = ${TABLE_LOCK_MS}`);
  for (const migration of migrations) {
    await client.query(migration.postgres);
    await client.query('delete from schema_version');
    await client.query('insert into schema_version (version) values ($1)', [migration.version]);
  }
}

export async function requirePostgresVersion(client: ClientBase, where: string): Promise<void> {
  const found = await client.query(`select to_regclass('${SCHEMA}.schema_version') is not null as "isThere"`);
  if (found.rows[0]?.isThere !== true) {
    throw new ConfigError(
      `Expected Trunkline's tables in ${where}, received none: no server has run there yet`,
    );
  }
  requireSchemaVersion(await schemaVersion(client), where);
}

async function schemaVersion(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ version: number }>('select version from schema_version');
  return rows[0]?.version ?? 0;
}

/** `work` in a transaction that no other node is in. */
async function locked(client: ClientBase, work: () => Promise<void>): Promise<void> {
  await client.query('begin');
  try {
    await client.query(`set local statement_timeout = ${MIGRATION_DEADLINE_MS}`);
    await client.query(`set local lock_timeout = ${MIGRATION_DEADLINE_MS}`);
    await client.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
    await work();
    await client.query('commit');
  } catch (error) {
    // The cause is worth more than what the undoing of a broken connection says.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
