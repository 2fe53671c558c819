/** Which build this is: the package's version, and a hash over the sources that decide what a call hears and does. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = [
  'native/bindings',
  'native/dsp',
  'native/kernels',
  'native/wire',
  'src/audio',
  'src/call',
  'src/channel',
  'src/flow',
  'src/journal',
  'src/media',
  'src/protocol',
  'src/speech',
];
const HASH_CHARACTERS = 12;

/** As `0.1.0 (4f2a90c1b7de)`. Reads some hundred files: call it once. */
export function buildId(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const hash = createHash('sha256');
  for (const folder of FOLDERS) {
    const names = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const name of names) hash.update(name.slice(ROOT.length)).update('\0').update(readFileSync(name));
  }
  return `${version} (${hash.digest('hex').slice(0, HASH_CHARACTERS)})`;
}
