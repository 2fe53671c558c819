import { Kysely, SqliteDialect } from 'kysely';
import { describe, expect, it } from 'vitest';
import { QueryTemplate } from '../../../src/store/query-template.ts';

interface Rows {
  people: { name: string; age: number | null };
}

const tables = new Kysely<Rows>({
  dialect: new SqliteDialect({ database: () => Promise.reject(new Error('never opened')) }),
});

function countedTemplate() {
  let built = 0;
  const template = new QueryTemplate<{ name: string; age: number | null }>(({ name, age }) => {
    built += 1;
    return tables.updateTable('people').set({ age }).where('name', '=', name).where('age', '>', 7).compile();
  });
  return { template, built: () => built };
}

describe('a query template', () => {
  it('is the query that is built with the values in it', () => {
    const { template } = countedTemplate();
    const direct = tables
      .updateTable('people')
      .set({ age: 8 })
      .where('name', '=', 'Ada')
      .where('age', '>', 7)
      .compile();
    expect(template.fill({ name: 'Ada', age: 8 })).toMatchObject({
      sql: direct.sql,
      parameters: direct.parameters,
    });
  });

  it.each<[string, (values: { name: string }) => unknown]>([
    ['spreads its values', (values) => ({ ...values })],
    ['asks whether a value is there', (values) => 'name' in values],
    ['writes a value into text', ({ name }) => `${name}!`],
    ['compares a value by size', ({ name }) => name > 'B'],
  ])('refuses to be built by what %s', (_what, use) => {
    const template = new QueryTemplate<{ name: string }>((values) => {
      use(values);
      return tables.selectFrom('people').selectAll().compile();
    });
    expect(() => template.fill({ name: 'Ada' })).toThrow(/takes its values by name/);
  });

  it('is built once, when it is first filled, and keeps nothing of the values before', () => {
    const { built, template } = countedTemplate();
    expect(built()).toBe(0);
    const first = template.fill({ name: 'Ada', age: 8 });
    expect(template.fill({ age: null, name: 'Bea' }).parameters).toEqual([null, 'Bea', 7]);
    expect(first.parameters).toEqual([8, 'Ada', 7]);
    expect(built()).toBe(1);
  });
});
