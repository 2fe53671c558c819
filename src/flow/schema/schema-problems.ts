/** What zod found wrong, in our words: "Expected X, received Y", with near misses of keys named. */
import type { z } from 'zod';
import { nearestName } from '../../nearest-name.ts';
import { messagesSchema } from '../messages.ts';
import { askSchemas, flowFileSchema, intentsSchema, nodeSchemas } from './flow-file.ts';
import type { Path } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

export interface SchemaProblem {
  readonly path: Path;
  readonly message: string;
}

/** `value` is the whole document that the issues are about. */
export function toSchemaProblems(issues: readonly Issue[], value: unknown): SchemaProblem[] {
  return issues.flatMap((issue) => flatten(issue, [])).flatMap((issue) => describe(issue, value));
}

/** A union's own message says nothing; the branch that fits the value's type says what is wrong in it. */
function flatten(issue: Issue, base: Path): Issue[] {
  const path = [...base, ...issue.path] as Issue['path'];
  if (issue.code === 'invalid_union') {
    const fitting = issue.errors.filter(
      (branch) => !branch.some((inner) => inner.path.length === 0 && isWrongType(inner)),
    );
    if (fitting.length === 1) return fitting[0]!.flatMap((inner) => flatten(inner, path as Path));
  }
  return [{ ...issue, path }];
}

function isWrongType(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function describe(issue: Issue, value: unknown): SchemaProblem[] {
  const path = issue.path as Path;
  const received = show(valueAt(value, path));
  const say = (expected: string) => [{ path, message: `Expected ${expected}, received ${received}` }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, path, value) }));
    case 'invalid_type':
      return say(typeWords[issue.expected] ?? issue.expected);
    case 'invalid_value':
      return say(
        issue.values.length === 1 ? show(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`,
      );
    case 'invalid_union':
      if ('options' in issue && Array.isArray(issue.options))
        return say(`one of ${issue.options.join(', ')}`);
      if (issue.message.startsWith('Expected '))
        return [{ path, message: `${issue.message}, received ${received}` }];
      return say(unionWords(issue));
    case 'too_small':
      return say(`at least ${issue.minimum}${unitOf(issue.origin)}`);
    case 'too_big':
      return say(`at most ${issue.maximum}${unitOf(issue.origin)}`);
    case 'invalid_key':
      return [
        {
          path,
          message: `${issue.issues[0]?.message ?? 'Expected another name'}, received ${show(path.at(-1))}`,
        },
      ];
    default:
      if (issue.message.startsWith('Expected '))
        return [{ path, message: `${issue.message}, received ${received}` }];
      return say('another value');
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function unionWords(issue: Issue & { code: 'invalid_union' }): string {
  const expected = issue.errors.flatMap((branch) => {
    const first = branch[0];
    if (first?.code === 'invalid_type') return [typeWords[first.expected] ?? first.expected];
    if (first?.code === 'invalid_value') return first.values.map(String);
    return [];
  });
  return [...new Set(expected)].join(' or ') || 'another value';
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  if (origin === 'array') return ' entries';
  return '';
}

function unknownKey(key: string, path: Path, value: unknown): string {
  const known = keysAt(path, value);
  const near = nearestName(key, known);
  const hint = near === null ? `expected one of ${known.join(', ')}` : `did you mean "${near}"?`;
  return `Unknown key ${show(key)}; ${hint}`;
}

/** Keys that the format has at a place. */
function keysAt(path: Path, value: unknown): string[] {
  if (path.length === 0) return Object.keys(flowFileSchema.shape);
  if (path[0] === 'messages') return Object.keys(messagesSchema.shape);
  if (path[0] === 'intents') return Object.keys(intentsSchema.shape);
  if (path.length === 2) {
    const { kind, answer } = valueAt(value, path) as {
      kind: keyof typeof nodeSchemas | 'ask';
      answer: string;
    };
    const schema = kind === 'ask' ? askSchemas[answer as keyof typeof askSchemas] : nodeSchemas[kind];
    return Object.keys(schema?.shape ?? {});
  }
  return path.includes('next') ? ['when', 'goto'] : ['text', 'audio'];
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string | number, unknown>)[part];
  }
  return at;
}

/** A value as one short line. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
