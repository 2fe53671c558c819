/** The description of `/api` against the routes that the server has, and against OpenAPI's own rules. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { apiDescription } from '../../../src/operations/api-description.ts';

const SERVER = fileURLToPath(new URL('../../../src/server', import.meta.url));

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly responses: Readonly<Record<string, unknown>>;
}
const described = apiDescription() as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

/** `METHOD /path/{name}`, as they are registered. */
function routes(): string[] {
  const source = readdirSync(SERVER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(SERVER, name), 'utf8'))
    .join('\n');
  const registered = [...source.matchAll(/route\(\s*'(get|post)',\s*`\$\{prefix\}(\/api\/[^`]+)`/g)];
  const sessions = [...source.matchAll(/route\(\s*'(post)',[^)]*SESSIONS_PATH/g)].map((found) => [
    ...found,
    '/api/sessions',
  ]);
  return [...registered, ...sessions].map(
    ([, method, path]) => `${method!.toUpperCase()} ${path!.replace(/:(\w+)/g, '{$1}')}`,
  );
}

const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the description of /api', () => {
  it('has every route, and no other', () => {
    const listed = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(listed.toSorted()).toEqual(routes().toSorted());
  });

  it('names each operation once, and each parameter that its path has', () => {
    expect(described.openapi).toBe('3.1.0');
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation, path } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(named.map(({ name }) => name)).toEqual(inPath);
      expect(named.every(({ required }) => required === true)).toBe(true);
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
    }
  });

  it('refers to schemas that are there, and has none that nobody refers to', () => {
    const text = JSON.stringify(described);
    const named = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name));
    expect([...named].toSorted()).toEqual(Object.keys(described.components.schemas).toSorted());
    expect(described.components.schemas['DialRequest']).toMatchObject({
      type: 'object',
      required: ['to'],
      additionalProperties: false,
    });
  });
});
