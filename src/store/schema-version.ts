/**
 * What the version that a database says it has means to this Trunkline. Forward only: an older program could lose what it
 * does not know, so it refuses a newer schema, on every engine alike.
 */
import { ConfigError } from '../errors.ts';
import { EVERY_MIGRATION } from './migrations/every-migration.ts';
import type { Migration } from './migrations/migration.ts';

export const SCHEMA_VERSION = EVERY_MIGRATION.length;

/** The steps from `found` on. Throws ConfigError where a newer Trunkline wrote it. `where`: names it in the message, without secrets. */
export function migrationsFrom(found: number, where: string): readonly Migration[] {
  if (found > SCHEMA_VERSION) {
    throw new ConfigError(
      `Expected schema version ${SCHEMA_VERSION} or older in ${where}, received ${found}: a newer Trunkline wrote it; start that one, or name another store`,
    );
  }
  return EVERY_MIGRATION.slice(found);
}

/** For who only looks. Throws ConfigError unless the version is exactly this Trunkline's. */
export function requireSchemaVersion(found: number, where: string): void {
  if (migrationsFrom(found, where).length === 0) return;
  throw new ConfigError(
    `Expected schema version ${SCHEMA_VERSION} in ${where}, received ${found}: an older Trunkline wrote it; start this one once, and it is brought up to date`,
  );
}
