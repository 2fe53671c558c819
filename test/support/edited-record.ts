/** A record from the fixtures, with lines changed, as a defect, another build or a stranger would. */
import { parseRecord, type RecordedCall } from '../../src/replay/read-record.ts';
import { fixtureText } from './fixture-records.ts';

/** A line as it stands in the file; what a test needs of it. */
export type Row = Record<string, unknown> & { kind?: string; way?: string; plane?: string };

export function rowsOf(name: string): Row[] {
  return fixtureText(`${name}-0.jsonl.gz`)
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row) as Row);
}

export function recordOf(rows: readonly Row[]): RecordedCall {
  return parseRecord(textOf(rows), 'call.jsonl');
}

export function textOf(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** The first that is so. */
export function indexOf(rows: readonly Row[], is: (row: Row) => boolean): number {
  const index = rows.findIndex(is);
  if (index < 0) throw new Error('Expected such a line in the record, found none');
  return index;
}
