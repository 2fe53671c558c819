import type { Migration } from './migration.ts';

/** Outbound calls, those who want none, and what a transfer says and how it went. */
export const dialsDoNotCallMigration: Migration = {
  version: 4,
  sqlite: `
    alter table calls add column transfer text;
    alter table calls add column transfer_status text;
    create table dials (
      dial_id text primary key not null,
      to_number text not null,
      from_number text not null,
      flow_hash text not null,
      variables text not null,
      machine_detection text not null,
      asked_at_wall_ms integer not null,
      until_wall_ms integer not null,
      try_at_wall_ms integer not null,
      updated_at_wall_ms integer not null,
      status text not null,
      status_rank integer not null,
      call_sid text,
      answered_by text,
      failure text
    ) strict, without rowid;
    create index dials_open on dials (status_rank, asked_at_wall_ms);
    create index dials_call on dials (call_sid) where call_sid is not null;
    create table do_not_call (
      number text primary key not null,
      added_at_wall_ms integer not null,
      call_sid text
    ) strict, without rowid;
  `,
  postgres: `
    alter table calls add column transfer text;
    alter table calls add column transfer_status text;
    create table dials (
      dial_id text primary key,
      to_number text not null,
      from_number text not null,
      flow_hash text not null,
      variables text not null,
      machine_detection text not null,
      asked_at_wall_ms bigint not null,
      until_wall_ms bigint not null,
      try_at_wall_ms bigint not null,
      updated_at_wall_ms bigint not null,
      status text not null,
      status_rank integer not null,
      call_sid text,
      answered_by text,
      failure text
    );
    create index dials_open on dials (status_rank, asked_at_wall_ms);
    create index dials_call on dials (call_sid) where call_sid is not null;
    create table do_not_call (
      number text primary key,
      added_at_wall_ms bigint not null,
      call_sid text
    );
  `,
};
