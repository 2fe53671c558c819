import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { postgresMissing, TestPostgres } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type KillRunResult, runKills } from '../torture/kill-run.ts';

/** `npm run test:torture` does 200. */
const KILLS = 10;
const DEADLINE_MS = 180_000;

const startAt = (path: string) =>
  ({
    path,
    logLevel: 'silent',
    logPii: false,
    callLifeMs: 600_000,
    results: { url: 'http://127.0.0.1:9/', secret: 'a secret of the torture test' },
  }) as const;

describe('a process that is killed while it writes', () => {
  const expectNothingLost = (result: KillRunResult) => {
    expect(result.faults).toEqual([]);
    expect(result.confirmedWrites).toBeGreaterThan(KILLS);
  };

  it(
    'has lost nothing that it was told is durable, and leaves a whole file (SQLite)',
    async () => {
      const start = startAt(join(temporaryFolder(), 'calls.sqlite'));
      expectNothingLost(await runKills(start, KILLS, { random: Math.random }));
    },
    DEADLINE_MS,
  );

  it.skipIf(postgresMissing !== null)(
    'has lost nothing that it was told is durable (PostgreSQL)',
    async () => {
      const server = await TestPostgres.start({ isDurable: true });
      onTestFinished(() => server.close());
      const database = { url: await server.createDatabase(), poolMax: 4 };
      expectNothingLost(await runKills({ ...startAt(''), database }, KILLS, { random: Math.random }));
    },
    DEADLINE_MS,
  );
});
