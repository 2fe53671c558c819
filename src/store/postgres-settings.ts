/** How every connection to PostgreSQL is made: deadlines, schema, types; and how its failure is told without its password. */
import pg from 'pg';
import { ConfigError, TrunklineError, toErrorRecord } from '../errors.ts';
import { withoutCredentials } from './without-credentials.ts';

/** Our tables have a schema of their own, so that a database shared with other programs keeps its names. */
export const SCHEMA = 'trunkline';

/** To a connection that can be used; a server that is starting refuses at once, one that is gone does not answer. */
const CONNECT_DEADLINE_MS = 5000;
/** Of one statement, by the server's clock. All of ours take milliseconds. */
const STATEMENT_DEADLINE_MS = 5000;
const LOCK_DEADLINE_MS = 3000;
/** By our clock, for a server that is gone without a word: after the server's own deadline. */
const ANSWER_DEADLINE_MS = 8000;
/** A transaction of a node that stopped in the middle holds its locks no longer than this. */
const IDLE_TRANSACTION_DEADLINE_MS = 10_000;
const INT8_OID = 20;

export interface ConnectionSettings {
  readonly client: pg.ClientConfig;
  /** `postgres://host:port/database`: for messages. */
  readonly where: string;
}

export function connectionSettings(url: string): ConnectionSettings {
  const { connectionString, options } = withoutOptions(url);
  return {
    client: {
      connectionString,
      application_name: 'trunkline',
      connectionTimeoutMillis: CONNECT_DEADLINE_MS,
      statement_timeout: STATEMENT_DEADLINE_MS,
      lock_timeout: LOCK_DEADLINE_MS,
      query_timeout: ANSWER_DEADLINE_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_DEADLINE_MS,
      keepAlive: true,
      options: `${options} -c search_path=${SCHEMA}`.trim(),
      types: { getTypeParser },
    },
    where: withoutCredentials(url),
  };
}

/** What the URL says goes before our settings: its `options` would take the place of ours, and the tables another schema. */
function withoutOptions(url: string): { connectionString: string; options: string } {
  if (!URL.canParse(url)) return { connectionString: url, options: '' };
  const parsed = new URL(url);
  const options = parsed.searchParams.get('options') ?? '';
  parsed.searchParams.delete('options');
  return { connectionString: options === '' ? url : parsed.href, options };
}

/** The operator must act: the cause in words, without the URL that holds the password. */
export function refusedDatabase(where: string, error: unknown): Error {
  if (error instanceof TrunklineError) return error;
  return new ConfigError(
    `DATABASE_URL: expected a PostgreSQL server at ${where} that can be used, received an error: ${reasonOf(error)}`,
    { cause: error },
  );
}

/** Node gives one error for all addresses of a host, with an empty message; its parts say more. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError)
    return error.errors.map((one) => toErrorRecord(one).message).join('; ');
  return toErrorRecord(error).message;
}

/** Wall-clock milliseconds are far below 2^53; pg would give them as text. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === INT8_OID) return Number;
  return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
}
