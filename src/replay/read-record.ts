/** A file as a recorded call, checked whole. Plain, or compressed by gzip. */
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { z } from 'zod';
import { RecordError } from '../errors.ts';
import { type AudioLine, type PlaneLine, RECORD_VERSION, type RecordHead } from '../journal/record-line.ts';
import { audioSchema, endSchema, headSchema, lineSchemaOf } from './record-schema.ts';

/** Four hours of a call, the longest, are 360 MB; and a string may hold no more than this. */
const RECORD_BYTES_MAX = 500 * 1024 * 1024;
const GZIP = [0x1f, 0x8b];

/** A line of a plane, and where in the file it stands. */
export type NumberedLine = PlaneLine & { readonly line: number };

export interface RecordedCall {
  readonly file: string;
  readonly head: RecordHead;
  /** In the file's order. */
  readonly lines: readonly NumberedLine[];
  readonly audio: ReadonlyMap<string, AudioLine>;
  /** It has no end: whoever recorded it did not come to that. */
  readonly isBrokenOff: boolean;
}

/** Throws RecordError. */
export function readRecord(path: string): RecordedCall {
  return parseRecord(readText(path), path);
}

/** `file`: for messages. Throws RecordError. */
export function parseRecord(text: string, file: string): RecordedCall {
  const rows = text.split('\n');
  // A whole file ends with a line feed.
  const isCut = rows.pop() !== '';
  const head = readHead(rows[0], file);
  const lines: NumberedLine[] = [];
  const audio = new Map<string, AudioLine>();
  let hasEnd = false;
  for (let index = 1; index < rows.length; index++) {
    const at = { file, line: index + 1 };
    if (hasEnd) throw new RecordError('Expected nothing after the end, received another line', at);
    const value = parseLine(rows[index] ?? '', at);
    if ('audio' in value) {
      const line = checked(audioSchema, value, at);
      audio.set(line.audio, line);
    } else if ('end' in value) {
      checked(endSchema, value, at);
      hasEnd = true;
    } else {
      const schema = lineSchemaOf(value['plane'], value['way']);
      if (schema === null)
        throw new RecordError('Expected a line of the media or the call plane, received another', at);
      checked(schema, value, at);
      lines.push({ ...(value as unknown as PlaneLine), line: index + 1 });
    }
  }
  return { file, head, lines, audio, isBrokenOff: isCut || !hasEnd };
}

function readText(path: string): string {
  const at = { file: path, line: 1 };
  try {
    const { size } = statSync(path);
    if (size > RECORD_BYTES_MAX)
      throw new RecordError(`Expected at most ${RECORD_BYTES_MAX} bytes, received ${size}`, at);
    const bytes = readFileSync(path);
    const isPacked = GZIP.every((byte, index) => bytes[index] === byte);
    return (isPacked ? gunzipSync(bytes, { maxOutputLength: RECORD_BYTES_MAX }) : bytes).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof RecordError) throw thrown;
    throw new RecordError(`Expected a file that can be read, received ${whyUnread(thrown)}`, at);
  }
}

function whyUnread(thrown: unknown): string {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is none';
  if (code?.startsWith('Z_')) return `gzip that is damaged or cut (${code})`;
  return code ?? String(thrown);
}

function readHead(row: string | undefined, file: string): RecordHead {
  const at = { file, line: 1 };
  let value: Record<string, unknown> | null = null;
  try {
    value = row === undefined ? null : parseLine(row, at);
  } catch {
    // What is no JSON is no record either.
  }
  if (value?.['record'] !== 'trunkline call')
    throw new RecordError('Expected a recorded call (RECORD_CALLS), received something else', at);
  const { version } = value;
  if (version !== RECORD_VERSION) {
    const cure = 'replay it with the Trunkline that recorded it';
    throw new RecordError(
      `Expected version ${RECORD_VERSION} of the record, received ${JSON.stringify(version)}: ${cure}`,
      at,
    );
  }
  return checked(headSchema, value, at);
}

function parseLine(row: string, at: { file: string; line: number }): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    throw new RecordError('Expected JSON, received something else: the file is damaged', at);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RecordError('Expected an object, received something else: the file is damaged', at);
  return value as Record<string, unknown>;
}

function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: { file: string; line: number },
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the line' : issue.path.join('.');
  throw new RecordError(`${where}: ${issue?.message ?? 'malformed'}; the file is damaged`, at);
}
