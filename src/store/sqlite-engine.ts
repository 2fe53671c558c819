/**
 * One SQLite file: WAL, and `synchronous=FULL`, so that what `transact` has returned survives `kill -9` and power loss. It
 * blocks its thread while it works.
 */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite';
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { ConfigError, toErrorRecord } from '../errors.ts';
import type { Tables } from './schema.ts';
import { migrationsFrom, requireSchemaVersion } from './schema-version.ts';
import type { SqlEngine, StatementResult } from './sql-engine.ts';
import { type DialectDatabase, toDialectDatabase } from './sqlite-dialect-database.ts';

/** How long a lock of another process is waited for, this thread blocked; after that the write is tried again later. */
export const BUSY_TIMEOUT_MS = 1000;
/** Result codes (sqlite.org/rescode.html) after which the same write may succeed later. */
const TRANSIENT_CODES = new Set([
  5 /* BUSY */, 6 /* LOCKED */, 8 /* READONLY */, 10 /* IOERR */, 13 /* FULL */, 14 /* CANTOPEN */,
]);
/** SQLite gives `-wal` and `-shm` the mode of the file itself. Callers' numbers and answers are nobody else's business. */
const FILE_MODE = 0o600;
const DAMAGED_CODES = new Set([11 /* CORRUPT */, 26 /* NOTADB */]);

export class SqliteEngine implements SqlEngine {
  readonly name = 'sqlite';
  readonly tables: Kysely<Tables>;
  readonly #database: DatabaseSync;
  readonly #dialectDatabase: DialectDatabase;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#dialectDatabase = toDialectDatabase(database);
    this.tables = new Kysely<Tables>({ dialect: new SqliteDialect({ database: this.#dialectDatabase }) });
  }

  /** Makes the file, for its owner alone, if it is not there. Throws ConfigError where it cannot be opened, is damaged, or is of a newer version. */
  static open(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): SqliteEngine {
    return opened(path, 'read and written', () => {
      keepPrivate(path);
      const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
      return [
        database,
        () => {
          database.exec('pragma journal_mode = wal');
          database.exec('pragma synchronous = full');
          // What is removed is not to be read out of the file.
          database.exec('pragma secure_delete = on');
          migrate(database, path);
          return new SqliteEngine(database);
        },
      ];
    });
  }

  /** For who only looks, also while a server writes. Throws ConfigError where there is no such file, or it is of another version. */
  static openToRead(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): SqliteEngine {
    return SqliteEngine.#openPresent(path, { timeout: busyTimeoutMs, readOnly: true });
  }

  /** For who asks something of the server that has the file. Throws ConfigError as `openToRead` does. */
  static openToAsk(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): SqliteEngine {
    return SqliteEngine.#openPresent(path, { timeout: busyTimeoutMs });
  }

  static #openPresent(path: string, options: DatabaseSyncOptions): SqliteEngine {
    if (!existsSync(path)) {
      throw new ConfigError(
        `Expected a SQLite file at ${path}, received none: no server has run there yet, or DATA_DIR names another folder`,
      );
    }
    return opened(path, options.readOnly === true ? 'read' : 'read and written', () => {
      const database = new DatabaseSync(path, options);
      return [
        database,
        () => {
          requireSchemaVersion(schemaVersion(database), path);
          return new SqliteEngine(database);
        },
      ];
    });
  }

  async transact(statements: readonly CompiledQuery[]): Promise<readonly StatementResult[]> {
    this.#database.exec('begin immediate');
    try {
      const results = statements.map(({ sql, parameters }) => {
        const { changes } = this.#dialectDatabase.prepare(sql).run(parameters);
        return { affectedRows: Number(changes) };
      });
      this.#database.exec('commit');
      return results;
    } catch (error) {
      // Some failures (a full disk) have rolled back already.
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }

  isTransient(error: unknown): boolean {
    return isTransientSqliteError(error);
  }

  /** It locks the whole file. */
  isRowLocked(): boolean {
    return false;
  }

  /** Closed before it returns. */
  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** A lock, a full disk and the like. */
export function isTransientSqliteError(error: unknown): boolean {
  return TRANSIENT_CODES.has(primaryCode(error));
}

function opened(path: string, purpose: string, open: () => [DatabaseSync, () => SqliteEngine]): SqliteEngine {
  let database: DatabaseSync | null = null;
  try {
    const [file, prepare] = open();
    database = file;
    return prepare();
  } catch (error) {
    database?.close();
    if (error instanceof ConfigError) throw error;
    const expected = DAMAGED_CODES.has(primaryCode(error))
      ? 'received one that is damaged, or another program’s'
      : `received an error: ${toErrorRecord(error).message}`;
    throw new ConfigError(
      `Expected a SQLite file at ${path} that can be ${purpose}, ${expected}; move it away, or name another DATA_DIR`,
      { cause: error },
    );
  }
}

/** `user_version` in the file's header says where it stands. */
function migrate(database: DatabaseSync, path: string): void {
  for (const migration of migrationsFrom(schemaVersion(database), path)) {
    database.exec('begin immediate');
    try {
      // Another process may have been here first, while we waited for the lock.
      if (schemaVersion(database) < migration.version) {
        database.exec(migration.sqlite);
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

/** Makes the file if it is not there. Throws the system's error where that cannot be. */
function keepPrivate(path: string): void {
  closeSync(openSync(path, 'a', FILE_MODE));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      if (existsSync(file)) chmodSync(file, FILE_MODE);
    } catch {
      // Another owner's file, or a file system without modes: whoever set that up has chosen who may read.
    }
  }
}

/** `node:sqlite` gives SQLite's extended result code; its low byte is the primary one. 0 where it is another's error. */
function primaryCode(error: unknown): number {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : 0;
}
