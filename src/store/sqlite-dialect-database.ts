/** `node:sqlite` in the shape that Kysely's SqliteDialect asks for. Store thread. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { InvalidStateError } from '../errors.ts';

/** Our queries are a handful; the bound is for the one that builds its text from values. */
const STATEMENTS_MAX = 64;

/** As SqliteDialect takes it; `transact` uses the same compiled statements. */
export type DialectDatabase = SqliteDatabase;

/** Every statement is compiled once. The database stays its owner's: Kysely's `close` does nothing. */
export function toDialectDatabase(database: DatabaseSync): DialectDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => {},
    prepare(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        if (statements.size >= STATEMENTS_MAX) statements.clear();
        statement = toDialectStatement(database.prepare(sql));
        statements.set(sql, statement);
      }
      return statement;
    },
  };
}

function toDialectStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toScalar)),
    run: (parameters) => statement.run(...parameters.map(toScalar)),
    iterate: (parameters) => statement.iterate(...parameters.map(toScalar)),
  };
}

function toScalar(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new InvalidStateError(`Expected a text, number or null to bind, received ${typeof value}`);
}
