/** The engines that every store test runs on, each with databases of its own; PostgreSQL where this machine has it. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openEngine } from '../../src/store/open-engine.ts';
import type { SqlEngine } from '../../src/store/sql-engine.ts';
import { SqlStore, type SqlStoreOptions } from '../../src/store/sql-store.ts';
import { postgresMissing, TestPostgres } from './postgres.ts';
import { silentLog } from './silent-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface StorePlace {
  /** A store at this place; several may be open. Closed after the test. */
  open(options?: SqlStoreOptions): Promise<SqlStore>;
  /** With the engine below it. */
  openWhole(options?: SqlStoreOptions): Promise<{ readonly store: SqlStore; readonly engine: SqlEngine }>;
}

export interface EngineUnderTest {
  readonly name: string;
  /** Why its tests are skipped, or null. */
  readonly missing: string | null;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Somewhere new and empty. */
  place(): Promise<StorePlace>;
}

const sqlite: EngineUnderTest = {
  name: 'SQLite',
  missing: null,
  start: async () => {},
  stop: async () => {},
  place: async () => placeAt({ path: join(temporaryFolder(), 'calls.sqlite') }),
};

export function postgresUnderTest(): EngineUnderTest & { readonly server: TestPostgres | null } {
  let server: TestPostgres | null = null;
  return {
    name: 'PostgreSQL',
    missing: postgresMissing,
    get server() {
      return server;
    },
    start: async () => {
      if (postgresMissing === null) server = await TestPostgres.start();
    },
    stop: async () => server?.close(),
    place: async () => placeAt({ path: '', database: { url: await server!.createDatabase(), poolMax: 4 } }),
  };
}

export const enginesUnderTest = (): readonly EngineUnderTest[] => [sqlite, postgresUnderTest()];

function placeAt(choice: Parameters<typeof openEngine>[0]): StorePlace {
  const openWhole: StorePlace['openWhole'] = async (options) => {
    const engine = await openEngine(choice, silentLog);
    const store = new SqlStore(engine, options);
    onTestFinished(() => store.close());
    return { store, engine };
  };
  return { openWhole, open: async (options) => (await openWhole(options)).store };
}
