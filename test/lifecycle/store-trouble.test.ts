import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PostgresEngine } from '../../src/store/postgres-engine.ts';
import { SqliteEngine } from '../../src/store/sqlite-engine.ts';
import { postgresMissing, TestPostgres } from '../support/postgres.ts';
import { silentLog } from '../support/silent-log.ts';
import { fillDisk, smallDisk } from '../support/small-disk.ts';
import { pause, StoreLoad } from '../support/store-load.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CALLS = 50;
const OUTAGE_MS = 20_000;

/** Calls go on while the store is away; what they committed is deferred, counted, and there when it returns. */
async function sitsOut(load: StoreLoad, outage: () => Promise<void>): Promise<void> {
  load.begin(CALLS);
  await vi.waitFor(() => expect(load.answered.durable).toBeGreaterThan(CALLS), { timeout: 10_000 });
  expect(load.thread.health.lateWrites).toBe(0);
  const durableBefore = load.answered.durable;
  const turnsBefore = [...load.lastTurns.values()].reduce((sum, turn) => sum + turn, 0);
  await outage();
  const turnsAfter = [...load.lastTurns.values()].reduce((sum, turn) => sum + turn, 0);
  expect(load.answered.deferred).toBeGreaterThanOrEqual(CALLS);
  expect(turnsAfter - turnsBefore).toBeGreaterThanOrEqual(CALLS);
  await vi.waitFor(() => expect(load.client.deferredCount).toBe(0), { timeout: 30_000 });
  await vi.waitFor(() => expect(load.answered.durable).toBeGreaterThan(durableBefore), { timeout: 10_000 });
  await load.end();
  expect(await load.faults()).toEqual([]);
  expect(load.client.totals.lost).toBe(0);
  expect(load.thread.health).toEqual({ lateWrites: 0, refusedWrites: 0 });
  const events = load.lines().map(({ event }) => event);
  expect(events.filter((event) => event?.startsWith('store.'))).toEqual(['store.failed', 'store.recovered']);
}

describe('a store in trouble', () => {
  it('whose disk is full loses nothing and doubles nothing (s07)', async (context) => {
    const folder = smallDisk(2);
    if (folder === null) return context.skip('this user may not mount a small file system');
    const load = new StoreLoad(SqliteEngine.open(join(folder, 'calls.sqlite')));
    await sitsOut(load, async () => {
      fillDisk(join(folder, 'filler'));
      await vi.waitFor(() => expect(load.client.deferredCount).toBeGreaterThanOrEqual(CALLS), {
        timeout: 10_000,
      });
      expect(load.thread.health.lateWrites).toBeGreaterThan(0);
      await pause(1000);
      rmSync(join(folder, 'filler'));
    });
  });

  it('that another process holds locked loses nothing and doubles nothing', async () => {
    const path = join(temporaryFolder(), 'calls.sqlite');
    const load = new StoreLoad(SqliteEngine.open(path, 50));
    await sitsOut(load, async () => {
      const other = new DatabaseSync(path);
      other.exec('begin immediate');
      await vi.waitFor(() => expect(load.client.deferredCount).toBeGreaterThanOrEqual(CALLS), {
        timeout: 10_000,
      });
      await pause(1000);
      other.exec('rollback');
      other.close();
    });
  });

  it.skipIf(postgresMissing !== null).each(['fast', 'kill'] as const)(
    'that is PostgreSQL, stopped (%s) for 20 s under 50 calls, loses nothing and doubles nothing (s16)',
    async (how) => {
      const server = await TestPostgres.start({ isDurable: true });
      onTestFinished(() => server.close());
      const url = await server.createDatabase();
      const load = new StoreLoad(await PostgresEngine.open({ url, poolMax: 4 }, silentLog));
      await sitsOut(load, async () => {
        await server.stop(how);
        await pause(OUTAGE_MS);
        expect(load.client.deferredCount).toBeGreaterThanOrEqual(CALLS);
        expect(load.thread.health.lateWrites).toBeGreaterThan(0);
        await server.run();
      });
    },
    120_000,
  );
});
