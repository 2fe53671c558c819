/** Recorded calls that lie in the repository, packed: what a later build must replay the same, or be told that it shall not. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

export const FIXTURES = fileURLToPath(new URL('../fixtures/recorded-calls/', import.meta.url));

export function fixtureFiles(): string[] {
  return readdirSync(FIXTURES).sort();
}

export function fixtureText(name: string): string {
  return gunzipSync(readFileSync(join(FIXTURES, name))).toString('utf8');
}

/** In place of those that are there. Nothing of the machine that recorded them is kept. */
export function writeFixtures(calls: ReadonlyMap<string, readonly string[]>): void {
  rmSync(FIXTURES, { recursive: true, force: true });
  mkdirSync(FIXTURES, { recursive: true });
  for (const [name, files] of calls) {
    for (const [stream, file] of files.entries()) {
      const rows = readFileSync(file, 'utf8').split('\n').map(withoutMachine).join('\n');
      const path = join(FIXTURES, `${name}-${stream}.jsonl.gz`);
      writeFileSync(path, gzipSync(rows, { level: 9 }));
    }
  }
}

function withoutMachine(row: string): string {
  if (!row.includes('"kind":"begun"')) return row;
  const line = JSON.parse(row) as { flow: { directory: string; fileName: string } };
  const flow = { ...line.flow, directory: '/flows', fileName: basename(line.flow.fileName) };
  return JSON.stringify({ ...line, flow });
}
