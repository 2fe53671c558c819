import type { Migration } from './migration.ts';

/**
 * Which node had a call and how often it came back; its questions and what was heard of them; the flows' texts; results on
 * their way out; the nodes that share a database.
 */
export const turnsFlowsOutboxNodesMigration: Migration = {
  version: 2,
  sqlite: `
    alter table calls add column node_id text not null default '';
    alter table calls add column claim text not null default '';
    alter table calls add column direction text not null default 'inbound';
    alter table calls add column resumes integer not null default 0;
    create index calls_by_outcome on calls (outcome, started_at_wall_ms desc);
    create table turns (
      call_sid text not null,
      listen_id integer not null,
      flow_node text not null,
      asked_at_wall_ms integer not null,
      answered_at_wall_ms integer,
      how text,
      heard text,
      value text,
      primary key (call_sid, listen_id)
    ) strict, without rowid;
    create table playout (
      call_sid text not null,
      listen_id integer not null,
      sent_ms integer not null,
      heard_ms integer not null,
      answer_began_at_wall_ms integer,
      primary key (call_sid, listen_id)
    ) strict, without rowid;
    create table flows (
      hash text primary key not null,
      name text not null,
      text text not null,
      kept_at_wall_ms integer not null
    ) strict, without rowid;
    create table outbox (
      call_sid text primary key not null,
      due_at_wall_ms integer not null,
      state text not null,
      tries integer not null,
      is_aside integer not null,
      try_at_wall_ms integer not null,
      last_failure text,
      settled_at_wall_ms integer
    ) strict, without rowid;
    create index outbox_waiting on outbox (is_aside, due_at_wall_ms, call_sid) where state = 'waiting';
    create table leases (
      name text primary key not null,
      holder text not null,
      until_wall_ms integer not null
    ) strict, without rowid;
    create table nodes (
      node_id text primary key not null,
      url text not null,
      started_at_wall_ms integer not null,
      seen_at_wall_ms integer not null,
      live_calls integer not null,
      is_draining integer not null
    ) strict, without rowid;
  `,
  postgres: `
    alter table calls add column node_id text not null default '';
    alter table calls add column claim text not null default '';
    alter table calls add column direction text not null default 'inbound';
    alter table calls add column resumes integer not null default 0;
    create index calls_by_outcome on calls (outcome, started_at_wall_ms desc);
    create table turns (
      call_sid text not null,
      listen_id integer not null,
      flow_node text not null,
      asked_at_wall_ms bigint not null,
      answered_at_wall_ms bigint,
      how text,
      heard text,
      value text,
      primary key (call_sid, listen_id)
    );
    create table playout (
      call_sid text not null,
      listen_id integer not null,
      sent_ms integer not null,
      heard_ms integer not null,
      answer_began_at_wall_ms bigint,
      primary key (call_sid, listen_id)
    );
    create table flows (
      hash text primary key,
      name text not null,
      text text not null,
      kept_at_wall_ms bigint not null
    );
    create table outbox (
      call_sid text primary key,
      due_at_wall_ms bigint not null,
      state text not null,
      tries integer not null,
      is_aside integer not null,
      try_at_wall_ms bigint not null,
      last_failure text,
      settled_at_wall_ms bigint
    );
    create index outbox_waiting on outbox (is_aside, due_at_wall_ms, call_sid) where state = 'waiting';
    create table leases (
      name text primary key,
      holder text not null,
      until_wall_ms bigint not null
    );
    create table nodes (
      node_id text primary key,
      url text not null,
      started_at_wall_ms bigint not null,
      seen_at_wall_ms bigint not null,
      live_calls integer not null,
      is_draining integer not null
    );
  `,
};
