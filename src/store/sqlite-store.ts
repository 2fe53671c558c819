/**
 * The calls in one SQLite file: WAL, and `synchronous=FULL`, so that what a `write` has returned survives `kill -9` and
 * power loss. Not a CallStore by itself: it blocks, so it lives on the store thread, behind store-thread.ts.
 */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect, sql } from 'kysely';
import type { EndReason } from '../channel/messages.ts';
import type { StoreWrite } from '../channel/store-messages.ts';
import { ConfigError, StoreError, toErrorRecord } from '../errors.ts';
import type { CallRecord } from './call-store.ts';
import { migrate } from './migrate.ts';
import type { CallsTable, Tables } from './schema.ts';
import { toDialectDatabase } from './sqlite-dialect-database.ts';

/** How long a lock of another process is waited for, this thread blocked; after that the write is tried again later. */
const BUSY_TIMEOUT_MS = 1000;
/** Result codes (sqlite.org/rescode.html) after which the same write may succeed later. */
const TRANSIENT_CODES = new Set([
  5 /* BUSY */, 6 /* LOCKED */, 8 /* READONLY */, 10 /* IOERR */, 13 /* FULL */, 14 /* CANTOPEN */,
]);
/** SQLite gives `-wal` and `-shm` the mode of the file itself. Callers' numbers and answers are nobody else's business. */
const FILE_MODE = 0o600;
const DAMAGED_CODES = new Set([11 /* CORRUPT */, 26 /* NOTADB */]);

export class SqliteStore {
  readonly engine = 'sqlite';
  readonly #database: DatabaseSync;
  readonly #tables: Kysely<Tables>;
  /** Begun here and without an end: call -> attempt. As many as calls are live. */
  readonly #liveCalls = new Map<string, number>();

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#tables = new Kysely<Tables>({
      dialect: new SqliteDialect({ database: toDialectDatabase(database) }),
    });
  }

  /** Makes the file, for its owner alone, if it is not there. Throws ConfigError where it cannot be opened, is damaged, or is of a newer version. */
  static open(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): SqliteStore {
    let database: DatabaseSync | null = null;
    try {
      keepPrivate(path);
      database = new DatabaseSync(path, { timeout: busyTimeoutMs });
      database.exec('pragma journal_mode = wal');
      database.exec('pragma synchronous = full');
      migrate(database, path);
      return new SqliteStore(database);
    } catch (error) {
      database?.close();
      if (error instanceof ConfigError) throw error;
      const expected = DAMAGED_CODES.has(primaryCode(error))
        ? 'received one that is damaged, or another program’s'
        : `received an error: ${toErrorRecord(error).message}`;
      throw new ConfigError(
        `Expected a SQLite file at ${path} that can be read and written, ${expected}; move it away, or name another DATA_DIR`,
        { cause: error },
      );
    }
  }

  /** True for a failure after which the same write may succeed later: a lock, a full disk. */
  static isTransient(error: unknown): boolean {
    return TRANSIENT_CODES.has(primaryCode(error));
  }

  /**
   * All of `writes` in one transaction, in order, or none. Resolves once it is committed: for each write `begun` or
   * `fenced` (a begin), or null. Rejects with SQLite's own error. Never two at a time.
   */
  async write(writes: readonly StoreWrite[]): Promise<('begun' | 'fenced' | null)[]> {
    this.#database.exec('begin immediate');
    try {
      const results: ('begun' | 'fenced' | null)[] = [];
      for (const write of writes) results.push(await this.#writeOne(write));
      this.#database.exec('commit');
      this.#noteLiveCalls(writes, results);
      return results;
    } catch (error) {
      // Some failures (a full disk) have rolled back already.
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }

  async load(callSid: string): Promise<CallRecord | null> {
    const row = await this.#tables
      .selectFrom('calls')
      .selectAll()
      .where('call_sid', '=', callSid)
      .executeTakeFirst();
    return row === undefined ? null : toRecord(row);
  }

  /** Newest first. */
  async list(limit: number): Promise<CallRecord[]> {
    const rows = await this.#tables
      .selectFrom('calls')
      .selectAll()
      .orderBy('started_at_wall_ms', 'desc')
      .limit(limit)
      .execute();
    return rows.map(toRecord);
  }

  /**
   * Marks calls that began before `beforeWallMs` and have no end: their process died. Never one that was begun, or begun
   * again, through this object. Returns how many. Rejects with SQLite's own error.
   */
  async abandon(beforeWallMs: number): Promise<number> {
    const lost: EndReason = 'stream lost';
    const live = JSON.stringify([...this.#liveCalls.keys()]);
    const result = await this.#tables
      .updateTable('calls')
      .set((row) => ({ end_reason: lost, ended_at_wall_ms: row.ref('updated_at_wall_ms') }))
      .where('end_reason', 'is', null)
      .where('started_at_wall_ms', '<', beforeWallMs)
      .where('call_sid', 'not in', sql<string>`(select value from json_each(${live}))`)
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  }

  /** Idempotent. */
  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #noteLiveCalls(writes: readonly StoreWrite[], results: readonly ('begun' | 'fenced' | null)[]): void {
    for (const [index, write] of writes.entries()) {
      const { kind, callSid, attempt } = write;
      if (kind === 'begin' && results[index] === 'begun') this.#liveCalls.set(callSid, attempt);
      // The end of an attempt that lost its call ends nothing.
      if (kind === 'finish' && this.#liveCalls.get(callSid) === attempt) this.#liveCalls.delete(callSid);
    }
  }

  async #writeOne(write: StoreWrite): Promise<'begun' | 'fenced' | null> {
    switch (write.kind) {
      case 'begin': {
        const { callSid, attempt, from, to, flowHash, atWallMs } = write;
        const result = await this.#tables
          .insertInto('calls')
          .values({
            call_sid: callSid,
            attempt,
            from_number: from,
            to_number: to,
            flow_hash: flowHash,
            started_at_wall_ms: atWallMs,
            updated_at_wall_ms: atWallMs,
            ended_at_wall_ms: null,
            end_reason: null,
            outcome: null,
            answers: '{}',
            state: null,
          })
          .onConflict((conflict) =>
            conflict
              .column('call_sid')
              .doUpdateSet({
                attempt,
                updated_at_wall_ms: atWallMs,
                ended_at_wall_ms: null,
                end_reason: null,
              })
              .where('calls.attempt', '<', attempt),
          )
          .executeTakeFirst();
        return (result.numInsertedOrUpdatedRows ?? 0n) > 0n ? 'begun' : 'fenced';
      }
      case 'commit': {
        const { callSid, attempt, state, outcome, answers, atWallMs } = write;
        await this.#tables
          .updateTable('calls')
          .set({ state, outcome, answers, updated_at_wall_ms: atWallMs })
          .where('call_sid', '=', callSid)
          .where('attempt', '=', attempt)
          .execute();
        return null;
      }
      case 'finish': {
        const { callSid, attempt, reason, atWallMs } = write;
        await this.#tables
          .updateTable('calls')
          .set({ end_reason: reason, ended_at_wall_ms: atWallMs, updated_at_wall_ms: atWallMs })
          .where('call_sid', '=', callSid)
          .where('attempt', '=', attempt)
          .where('end_reason', 'is', null)
          .execute();
        return null;
      }
    }
  }
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

function toRecord(row: CallsTable): CallRecord {
  try {
    return {
      callSid: row.call_sid,
      attempt: row.attempt,
      from: row.from_number,
      to: row.to_number,
      flowHash: row.flow_hash,
      startedAtWallMs: row.started_at_wall_ms,
      endedAtWallMs: row.ended_at_wall_ms,
      endReason: row.end_reason as EndReason | null,
      outcome: row.outcome,
      answers: JSON.parse(row.answers) as CallRecord['answers'],
      state: row.state === null ? null : (JSON.parse(row.state) as unknown),
    };
  } catch (cause) {
    throw new StoreError(`Expected JSON in the record of ${row.call_sid}`, { cause });
  }
}
