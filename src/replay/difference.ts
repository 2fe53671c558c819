/** Where a replay first does something else than the record: the entry, and what of it differs. */
import { isDeepStrictEqual } from 'node:util';
import type { JournalEntry } from '../journal/journal.ts';
import type { NumberedLine } from './read-record.ts';

export interface Difference {
  /** Of the file, 1-based; null: after the last. */
  readonly line: number | null;
  readonly atMs: number;
  readonly plane: 'media' | 'call';
  /** The field that differs, as `message.state.nodeId`; empty: the whole entry does. */
  readonly path: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/** The first one that is told stands. One for each replay. */
export class FirstDifference {
  #found: Difference | null = null;

  get found(): Difference | null {
    return this.#found;
  }

  tell(difference: Difference): void {
    this.#found ??= difference;
  }
}

/** A line's own fields, without those of the file. */
export function entryOf(line: NumberedLine): JournalEntry {
  const { at, line: _line, plane, way, within, joined, ...entry } = line;
  if (plane === 'call') delete (entry as { run?: number }).run;
  return entry as JournalEntry;
}

/** The first field in which `got` is not `expected`, in the order of its fields; null: they are the same. Both are JSON. */
export function differenceIn(
  expected: unknown,
  got: unknown,
  path = '',
): { readonly path: string; readonly expected: unknown; readonly got: unknown } | null {
  if (isDeepStrictEqual(expected, got)) return null;
  if (!isObject(expected) || !isObject(got)) return { path, expected, got };
  for (const name of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    const inner = differenceIn(expected[name], got[name], path === '' ? name : `${path}.${name}`);
    if (inner !== null) return inner;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
