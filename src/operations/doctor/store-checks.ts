/** The database, where there is one: that it answers, and lets us make and change what is ours. */
import { join, resolve } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { toErrorRecord } from '../../errors.ts';
import { createLog } from '../../log.ts';
import { within } from '../../speech/resilience/within.ts';
import { openEngine } from '../../store/open-engine.ts';
import { error, type Finding, ok } from './finding.ts';

const DEADLINE_MS = 10_000;

/** Makes the tables where they are missing, as a start does. Nothing for SQLite, which is a file in the data folder. */
export async function checkDatabase(
  { DATABASE_URL: url, DATA_DIR }: Config,
  clock: Clock,
): Promise<readonly Finding[]> {
  if (url === undefined) return [];
  const path = join(resolve(DATA_DIR), 'trunkline.db');
  try {
    const engine = await within(clock, DEADLINE_MS, 'the database to open', () =>
      openEngine({ path, database: { url, poolMax: 2 } }, createLog({ level: 'silent' })),
    );
    await engine.close();
    return [ok('store', 'PostgreSQL answers, and its tables are there')];
  } catch (thrown) {
    return [
      error(
        'store',
        toErrorRecord(thrown).message,
        'Let DATABASE_URL lead to a PostgreSQL whose user may create a schema.',
      ),
    ];
  }
}
