/**
 * What the store needs of a database: reads through Kysely, and a transaction that is handed over whole. Nothing in it
 * depends on what an earlier statement of it answered, so PostgreSQL gets it in one round trip and SQLite without a
 * pause; conditions are written as SQL. One implementation for each engine. Store thread, and commands that look.
 */
import type { CompiledQuery, Kysely } from 'kysely';
import type { Tables } from './schema.ts';

export interface StatementResult {
  readonly affectedRows: number;
}

export interface SqlEngine {
  readonly name: 'sqlite' | 'postgres';
  /** Makes statements, and runs those that read. */
  readonly tables: Kysely<Tables>;
  /**
   * All of `statements` in one transaction, in order, or none. Resolves once they are durable. Rejects with the engine's
   * own error; then they are undone, unless the connection was lost while the commit was on its way: nobody knows that.
   */
  transact(statements: readonly CompiledQuery[]): Promise<readonly StatementResult[]>;
  /** True for a failure after which the same transaction may succeed: a lock, a full disk, a server that is gone. */
  isTransient(error: unknown): boolean;
  /** True for one of those that other rows than the transaction's need not meet. */
  isRowLocked(error: unknown): boolean;
  /** Idempotent. */
  close(): Promise<void>;
}
