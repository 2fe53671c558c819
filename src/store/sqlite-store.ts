/** The store in one SQLite file. Store thread, and commands that look. */

import { SqlStore, type SqlStoreOptions } from './sql-store.ts';
import { BUSY_TIMEOUT_MS, isTransientSqliteError, SqliteEngine } from './sqlite-engine.ts';

export class SqliteStore extends SqlStore {
  /** Makes the file, for its owner alone, if it is not there. Throws ConfigError where it cannot be opened, is damaged, or is of a newer version. */
  static open(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS, options: SqlStoreOptions = {}): SqliteStore {
    return new SqliteStore(SqliteEngine.open(path, busyTimeoutMs), options);
  }

  /** True for a failure after which the same write may succeed later: a lock, a full disk. */
  static isTransient(error: unknown): boolean {
    return isTransientSqliteError(error);
  }
}
