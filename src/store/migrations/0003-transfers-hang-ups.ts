import type { Migration } from './migration.ts';

/**
 * Where a call is transferred to, for the node that its carrier asks; and, in a file, which calls somebody outside of the
 * server wants ended: PostgreSQL has messages for that.
 */
export const transfersHangUpsMigration: Migration = {
  version: 3,
  sqlite: `
    alter table calls add column transfer_to text;
    create table hang_ups (
      call_sid text primary key not null
    ) strict, without rowid;
  `,
  postgres: `
    alter table calls add column transfer_to text;
  `,
};
