import { callsMigration } from './0001-calls.ts';
import { turnsFlowsOutboxNodesMigration } from './0002-turns-flows-outbox-nodes.ts';
import { transfersHangUpsMigration } from './0003-transfers-hang-ups.ts';
import { dialsDoNotCallMigration } from './0004-dials-do-not-call.ts';
import type { Migration } from './migration.ts';

/** In order. Its length is the version of the schema that this Trunkline reads and writes. */
export const EVERY_MIGRATION: readonly Migration[] = [
  callsMigration,
  turnsFlowsOutboxNodesMigration,
  transfersHangUpsMigration,
  dialsDoNotCallMigration,
];
