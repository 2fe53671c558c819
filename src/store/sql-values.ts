/** Values in statements, as either engine takes them. */
import { sql } from 'kysely';

/** Parameters in a select list have no type of their own on PostgreSQL. */
export function integer(value: number | null) {
  return sql<number>`cast(${value} as bigint)`;
}

export function text(value: string | null) {
  return sql<string>`cast(${value} as text)`;
}

/** PostgreSQL keeps no NUL in a text; nobody says or dials one. */
export function toText(value: string): string {
  return value.replaceAll('\0', '');
}
