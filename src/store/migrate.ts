/** Brings a SQLite file to this version's schema. `user_version` in the file's header says where it stands. Store thread. */
import type { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../errors.ts';
import { callsMigration } from './migrations/0001-calls.ts';
import type { Migration } from './migrations/migration.ts';

const MIGRATIONS: readonly Migration[] = [callsMigration];

/** Throws ConfigError where a newer Trunkline has written the file: an older one could lose what it does not know. */
export function migrate(database: DatabaseSync, path: string): void {
  const found = schemaVersion(database);
  const newest = MIGRATIONS.length;
  if (found > newest) {
    throw new ConfigError(
      `Expected schema version ${newest} or older in ${path}, received ${found}: a newer Trunkline wrote it; start that one, or name another DATA_DIR`,
    );
  }
  for (const migration of MIGRATIONS.slice(found)) {
    database.exec('begin immediate');
    try {
      // Another process may have been here first, while we waited for the lock.
      if (schemaVersion(database) < migration.version) {
        database.exec(migration.statements);
        database.exec(`pragma user_version = ${migration.version}`);
      }
      database.exec('commit');
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      throw error;
    }
  }
}

function schemaVersion(database: DatabaseSync): number {
  const row = database.prepare('pragma user_version').get() as { user_version: number };
  return row.user_version;
}
