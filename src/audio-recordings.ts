/** Where both legs of calls are kept as WAV files, for servers and for whoever looks for a call's. Part of the composition root. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from './config.ts';
import { openRecordFolder, RecordLink, type RecordLinkParts } from './record-link.ts';
import { callSidOf, nameOfFinishedFile } from './recordings/record-name.ts';

const FOLDER = 'recordings';

/** Absolute, whether anything is kept there or not. */
export function audioFolderOf({ DATA_DIR }: Pick<Config, 'DATA_DIR'>): string {
  return join(resolve(DATA_DIR), FOLDER);
}

/**
 * Null where no call is recorded, nor ever was: what was kept while it was wanted is still removed in its time. `isWanted`: some
 * flow records, if the setting does not. Throws
 * ConfigError.
 */
export function openAudioRecordings(
  { LOG_LEVEL, LOG_PII, RECORD_AUDIO, RECORDINGS_KEEP_DAYS }: Config,
  dataDir: string,
  isWanted: boolean,
  parts: Omit<RecordLinkParts, 'start'>,
): RecordLink | null {
  const path = join(dataDir, FOLDER);
  if (!RECORD_AUDIO && !isWanted && !existsSync(path)) return null;
  const folder = openRecordFolder(path, 'DATA_DIR');
  const start = { folder, keepDays: RECORDINGS_KEEP_DAYS, logLevel: LOG_LEVEL, logPii: LOG_PII };
  return new RecordLink({ ...parts, start });
}

/** Paths of a call's recordings on this machine, in the order of its attempts. A folder that cannot be read has none. */
export function recordingsOfCall({ DATA_DIR }: Pick<Config, 'DATA_DIR'>, callSid: string): readonly string[] {
  const folder = audioFolderOf({ DATA_DIR });
  try {
    return readdirSync(folder)
      .filter((fileName) => {
        const name = nameOfFinishedFile(fileName);
        return name !== null && callSidOf(name) === callSid;
      })
      .sort((one, other) => placeOf(one) - placeOf(other))
      .map((fileName) => join(folder, fileName));
  } catch {
    return [];
  }
}

/** By attempt, then by part. */
function placeOf(fileName: string): number {
  const [, attempt = '0', part = '0'] = fileName.split('-');
  return Number.parseInt(attempt, 10) * 1000 + Number.parseInt(part, 10);
}
