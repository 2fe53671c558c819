/** A real store, closed after the test. */
import { onTestFinished } from 'vitest';
import { SqliteStore } from '../../src/store/sqlite-store.ts';

export function openStore(path: string): SqliteStore {
  const store = SqliteStore.open(path);
  onTestFinished(() => store.close());
  return store;
}
