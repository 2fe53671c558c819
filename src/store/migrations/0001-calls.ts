import type { Migration } from './migration.ts';

/** One row a call; a call that comes back on another stream keeps its row and raises `attempt`. */
export const callsMigration: Migration = {
  version: 1,
  sqlite: `
    create table calls (
      call_sid text primary key not null,
      attempt integer not null,
      from_number text not null,
      to_number text not null,
      flow_hash text not null,
      started_at_wall_ms integer not null,
      updated_at_wall_ms integer not null,
      ended_at_wall_ms integer,
      end_reason text,
      outcome text,
      answers text not null default '{}',
      state text
    ) strict, without rowid;
    create index calls_by_start on calls (started_at_wall_ms desc);
    create index calls_without_end on calls (started_at_wall_ms) where end_reason is null;
  `,
  postgres: `
    create table calls (
      call_sid text primary key,
      attempt integer not null,
      from_number text not null,
      to_number text not null,
      flow_hash text not null,
      started_at_wall_ms bigint not null,
      updated_at_wall_ms bigint not null,
      ended_at_wall_ms bigint,
      end_reason text,
      outcome text,
      answers text not null default '{}',
      state text
    );
    create index calls_by_start on calls (started_at_wall_ms desc);
    create index calls_without_end on calls (started_at_wall_ms) where end_reason is null;
  `,
};
