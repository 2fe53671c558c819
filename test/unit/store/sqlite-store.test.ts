import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { StoreWrite } from '../../../src/channel/store-messages.ts';
import { ConfigError } from '../../../src/errors.ts';
import { callsMigration } from '../../../src/store/migrations/0001-calls.ts';
import { SCHEMA_VERSION } from '../../../src/store/schema-version.ts';
import { SqlStore } from '../../../src/store/sql-store.ts';
import { SqliteEngine } from '../../../src/store/sqlite-engine.ts';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { openStore } from '../../support/store-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const begin = (callSid: string, attempt = 0, atWallMs = 1000): StoreWrite => ({
  kind: 'begin',
  callSid,
  attempt,
  from: '+12025550100',
  to: '+12025550199',
  flowHash: 'f'.repeat(64),
  atWallMs,
});

const storeFile = () => join(temporaryFolder(), 'calls.sqlite');

describe('SqliteStore', () => {
  it('is for the eyes of its owner alone, also where it was not', async () => {
    const path = storeFile();
    const modes = () => ['', '-wal', '-shm'].map((end) => statSync(path + end).mode & 0o777);
    const store = openStore(path);
    await store.write([begin('CA1')]);
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
    for (const end of ['', '-wal', '-shm']) chmodSync(path + end, 0o644);
    openStore(path);
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
  });

  it('leaves nothing in the file of what was removed', async () => {
    const path = storeFile();
    const calls = Array.from({ length: 200 }, (_, at) => begin(`CA-removed-${at}`));
    const engine = SqliteEngine.open(path);
    const store = new SqlStore(engine);
    await store.write(calls);
    const isThere = () => readFileSync(path).includes('CA-removed-150');
    const checkpoint = () => void new DatabaseSync(path).exec('pragma wal_checkpoint(truncate)');
    checkpoint();
    expect(isThere()).toBe(true);
    await engine.transact([engine.tables.deleteFrom('calls').compile()]);
    checkpoint();
    expect(isThere()).toBe(false);
    await store.close();
  });

  it('goes on with a file that it wrote before', async () => {
    const path = storeFile();
    const first = openStore(path);
    await first.write([begin('CA1')]);
    first.close();
    expect(await openStore(path).load('CA1')).toMatchObject({ callSid: 'CA1' });
  });

  it('brings a file of the first version up to date, and keeps its calls', async () => {
    const path = storeFile();
    const older = new DatabaseSync(path);
    older.exec(callsMigration.sqlite);
    older.exec(`pragma user_version = 1;
      insert into calls (call_sid, attempt, from_number, to_number, flow_hash, started_at_wall_ms, updated_at_wall_ms)
      values ('CA1', 0, '+1', '+2', 'f', 1, 2)`);
    older.close();
    expect(await openStore(path).load('CA1')).toMatchObject({ direction: 'inbound', resumes: 0, from: '+1' });
  });

  it('refuses the file of a newer version', () => {
    const path = storeFile();
    const newer = new DatabaseSync(path);
    newer.exec('pragma user_version = 99');
    newer.close();
    expect(() => SqliteStore.open(path)).toThrow(`Expected schema version ${SCHEMA_VERSION} or older in `);
  });

  it('refuses a file that is damaged, and names it', () => {
    const path = storeFile();
    writeFileSync(path, Buffer.alloc(8192, 'this is not a database '));
    expect(() => SqliteStore.open(path)).toThrow(ConfigError);
    expect(() => SqliteStore.open(path)).toThrow(`a SQLite file at ${path}`);
    expect(() => SqliteStore.open(path)).toThrow('received one that is damaged');
  });

  it('refuses a folder that is not there', () => {
    expect(() => SqliteStore.open('/nowhere/at/all/calls.sqlite')).toThrow(ConfigError);
  });

  it('calls a lock and a full disk transient, and damage not', () => {
    expect(SqliteStore.isTransient({ errcode: 5 })).toBe(true);
    expect(SqliteStore.isTransient({ errcode: 261 })).toBe(true);
    expect(SqliteStore.isTransient({ errcode: 13 })).toBe(true);
    expect(SqliteStore.isTransient({ errcode: 11 })).toBe(false);
    expect(SqliteStore.isTransient(new Error('no'))).toBe(false);
  });

  it('keeps every commit that it confirmed, through kill -9', async () => {
    const path = storeFile();
    const entry = new URL('../../support/store-writer.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let confirmed = 0;
    for await (const chunk of child.stdout) {
      confirmed = Number(String(chunk).trim().split('\n').at(-1));
      if (confirmed >= 25 && !child.killed) child.kill('SIGKILL');
    }
    const state = (await openStore(path).load('CA1'))?.state as { turn: number } | undefined;
    expect(confirmed).toBeGreaterThanOrEqual(25);
    expect(state?.turn).toBeGreaterThanOrEqual(confirmed);
  });
});
