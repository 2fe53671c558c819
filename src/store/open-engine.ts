/** The engine that a store thread is told to use, or that a command looks into. Loads no driver that is not needed. */
import type { StoreWorkerStart } from '../channel/store-messages.ts';
import type { Log } from '../log.ts';
import type { SqlEngine } from './sql-engine.ts';

export type EngineChoice = Pick<StoreWorkerStart, 'path' | 'database'>;

/** With its schema brought up to date. Rejects with ConfigError. */
export async function openEngine({ path, database }: EngineChoice, log: Log): Promise<SqlEngine> {
  if (database == null) return (await import('./sqlite-engine.ts')).SqliteEngine.open(path);
  return (await import('./postgres-engine.ts')).PostgresEngine.open(database, log);
}

/** For who only looks; a server may run meanwhile. Rejects with ConfigError. */
export async function openEngineToRead({ path, database }: EngineChoice, log: Log): Promise<SqlEngine> {
  if (database == null) return (await import('./sqlite-engine.ts')).SqliteEngine.openToRead(path);
  return (await import('./postgres-engine.ts')).PostgresEngine.openToRead(database, log);
}

/** For who asks something of the servers that have it open, and changes no record. Rejects with ConfigError. */
export async function openEngineToAsk({ path, database }: EngineChoice, log: Log): Promise<SqlEngine> {
  if (database == null) return (await import('./sqlite-engine.ts')).SqliteEngine.openToAsk(path);
  return (await import('./postgres-engine.ts')).PostgresEngine.openToRead(database, log);
}
