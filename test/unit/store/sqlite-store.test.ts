import { spawn } from 'node:child_process';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { StoreWrite } from '../../../src/channel/store-messages.ts';
import { ConfigError } from '../../../src/errors.ts';
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
const commit = (callSid: string, attempt: number, turn: number, atWallMs = 2000): StoreWrite => ({
  kind: 'commit',
  callSid,
  attempt,
  state: JSON.stringify({ turn }),
  outcome: turn > 3 ? 'eligible' : null,
  answers: JSON.stringify({ adult: true, age: turn }),
  atWallMs,
});
const finish = (
  callSid: string,
  attempt: number,
  reason: 'completed' | 'no media',
  at = 3000,
): StoreWrite => ({
  kind: 'finish',
  callSid,
  attempt,
  reason,
  atWallMs: at,
});

const storeFile = () => join(temporaryFolder(), 'calls.sqlite');

describe('SqliteStore', () => {
  it('keeps a call from its begin to its end', async () => {
    const store = openStore(storeFile());
    expect(await store.write([begin('CA1'), commit('CA1', 0, 4), finish('CA1', 0, 'completed')])).toEqual([
      'begun',
      null,
      null,
    ]);
    expect(await store.load('CA1')).toEqual({
      callSid: 'CA1',
      attempt: 0,
      from: '+12025550100',
      to: '+12025550199',
      flowHash: 'f'.repeat(64),
      startedAtWallMs: 1000,
      endedAtWallMs: 3000,
      endReason: 'completed',
      outcome: 'eligible',
      answers: { adult: true, age: 4 },
      state: { turn: 4 },
    });
    expect(await store.load('CA2')).toBeNull();
  });

  it('fences an attempt that was used, and an older one', async () => {
    const store = openStore(storeFile());
    expect(await store.write([begin('CA1', 1)])).toEqual(['begun']);
    expect(await store.write([begin('CA1', 1)])).toEqual(['fenced']);
    expect(await store.write([begin('CA1', 0)])).toEqual(['fenced']);
    expect(await store.write([begin('CA1', 2)])).toEqual(['begun']);
  });

  it('opens the record again for a later attempt, with the state that was left', async () => {
    const store = openStore(storeFile());
    await store.write([
      begin('CA1'),
      commit('CA1', 0, 2),
      finish('CA1', 0, 'no media'),
      begin('CA1', 1, 9000),
    ]);
    expect(await store.load('CA1')).toMatchObject({
      attempt: 1,
      startedAtWallMs: 1000,
      endedAtWallMs: null,
      endReason: null,
      state: { turn: 2 },
    });
  });

  it('ignores what an attempt that lost its call still writes', async () => {
    const store = openStore(storeFile());
    await store.write([begin('CA1'), begin('CA1', 1), commit('CA1', 1, 2)]);
    await store.write([commit('CA1', 0, 9), finish('CA1', 0, 'completed')]);
    expect(await store.load('CA1')).toMatchObject({ state: { turn: 2 }, endReason: null });
  });

  it('lets the first end of an attempt stand', async () => {
    const store = openStore(storeFile());
    await store.write([begin('CA1'), finish('CA1', 0, 'no media'), finish('CA1', 0, 'completed')]);
    expect((await store.load('CA1'))?.endReason).toBe('no media');
  });

  it('lists the newest calls first', async () => {
    const store = openStore(storeFile());
    await store.write([begin('CA1', 0, 10), begin('CA3', 0, 30), begin('CA2', 0, 20)]);
    expect((await store.list(2)).map(({ callSid }) => callSid)).toEqual(['CA3', 'CA2']);
  });

  it('writes all of a batch or nothing', async () => {
    const store = openStore(storeFile());
    const bad = { ...begin('CA2'), attempt: Number.NaN };
    await expect(store.write([begin('CA1'), bad])).rejects.toThrow('to bind');
    expect(await store.load('CA1')).toBeNull();
    expect(await store.write([begin('CA1')])).toEqual(['begun']);
  });

  it('marks calls of a process that died, at the time of their last word', async () => {
    const path = storeFile();
    const dead = openStore(path);
    await dead.write([begin('CA1', 0, 10), commit('CA1', 0, 1, 500), begin('CA2', 0, 9000)]);
    dead.close();
    const store = openStore(path);
    expect(await store.abandon(5000)).toBe(1);
    expect(await store.load('CA1')).toMatchObject({ endReason: 'stream lost', endedAtWallMs: 500 });
    expect(await store.load('CA2')).toMatchObject({ endReason: null });
  });

  it('never marks a call that it began, or began again, itself', async () => {
    const path = storeFile();
    const dead = openStore(path);
    await dead.write([begin('CA1', 0, 10), begin('CA2', 0, 10)]);
    dead.close();
    const store = openStore(path);
    await store.write([begin('CA1', 1, 20), finish('CA1', 0, 'no media'), begin('CA3', 0, 30)]);
    expect(await store.abandon(5000)).toBe(1);
    expect((await store.load('CA1'))?.endReason).toBeNull();
    expect((await store.load('CA2'))?.endReason).toBe('stream lost');
    expect((await store.load('CA3'))?.endReason).toBeNull();
  });

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

  it('goes on with a file that it wrote before', async () => {
    const path = storeFile();
    const first = openStore(path);
    await first.write([begin('CA1')]);
    first.close();
    expect(await openStore(path).load('CA1')).toMatchObject({ callSid: 'CA1' });
  });

  it('refuses the file of a newer version', () => {
    const path = storeFile();
    const newer = new DatabaseSync(path);
    newer.exec('pragma user_version = 99');
    newer.close();
    expect(() => SqliteStore.open(path)).toThrow(/^Expected schema version 1 or older in .*, received 99/);
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
