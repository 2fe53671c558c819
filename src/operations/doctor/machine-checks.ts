/** What this machine must bring: a folder that can be written, room on its disk, file descriptors, the native addon. */
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { toErrorRecord } from '../../errors.ts';
import { error, type Finding, ok, skipped, warning } from './finding.ts';

const GB = 1e9;
const DISK_LOW_BYTES = GB;
const DISK_FULL_BYTES = 0.1 * GB;
/** Without MAX_CALLS the most that a start takes by itself. */
const CALLS_MEASURED_MAX = 1500;
/** Beside one for each call: vendors, the store, browsers, the next callers. */
const DESCRIPTORS_BESIDE = 500;

export async function checkAddon(): Promise<readonly Finding[]> {
  try {
    const { addon } = await import('../../audio/addon.ts');
    const isa = addon.activeIsa();
    if (isa !== 'scalar') return [ok('audio', `native, ${isa}`)];
    return [
      warning(
        'audio',
        'native, without the vector instructions of this processor',
        'It works, at several times the cost; nothing to do but a newer machine, or fewer calls (MAX_CALLS).',
      ),
    ];
  } catch (thrown) {
    return [
      error(
        'audio',
        toErrorRecord(thrown).message,
        'Install g++, make and python3, then run npm ci again in the folder of Trunkline.',
      ),
    ];
  }
}

/** That the folder is made where it is missing is what a start does, too. */
export function checkFolder(dataDir: string): readonly Finding[] {
  const folder = resolve(dataDir);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const probe = join(folder, `.doctor-${process.pid}`);
    writeFileSync(probe, 'a probe');
    rmSync(probe);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    return [
      error(
        'data folder',
        `${folder} cannot be written (${code})`,
        'Give the user that runs the server the right to write there, or set DATA_DIR to another folder.',
      ),
    ];
  }
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  const text = `${folder} can be written, ${(freeBytes / GB).toFixed(1)} GB free`;
  const cure =
    'Make room on that disk: records and prompts are written there; recordings take 1 MB a minute of call.';
  if (freeBytes < DISK_FULL_BYTES) return [error('data folder', text, cure)];
  return [freeBytes < DISK_LOW_BYTES ? warning('data folder', text, cure) : ok('data folder', text)];
}

/** `maxCalls`: undefined where it is measured at the start. */
export function checkDescriptors(
  maxCalls: number | undefined,
  readLimits = readOwnLimits,
): readonly Finding[] {
  const limits = readLimits();
  const hard = limits === null ? null : /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (hard === null || hard === undefined)
    return [skipped('descriptors', 'this system does not tell how many files may be open')];
  const wanted = (maxCalls ?? CALLS_MEASURED_MAX) + DESCRIPTORS_BESIDE;
  const text = `${hard} files may be open at once`;
  if (hard === 'unlimited' || Number(hard) >= wanted) return [ok('descriptors', text)];
  return [
    warning(
      'descriptors',
      `${text}; ${wanted} are needed for ${maxCalls ?? CALLS_MEASURED_MAX} calls`,
      `Set LimitNOFILE=${wanted} in the systemd unit (ulimit -Hn ${wanted} in a shell), or a lower MAX_CALLS.`,
    ),
  ];
}

function readOwnLimits(): string | null {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return null;
  }
}
