/** The journals of calls, where `RECORD_CALLS` asks for them: their thread, and what writes to it. Part of the composition root. */
import { resolve } from 'node:path';
import { addon } from './audio/addon.ts';
import { audioFolderOf } from './audio-recordings.ts';
import { buildId } from './build-id.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { ConfigError } from './errors.ts';
import type { Log } from './log.ts';
import { openRecordFolder, RecordLink } from './record-link.ts';
import { JournalKeeper } from './server/journal-keeper.ts';

export interface CallJournals {
  readonly keeper: JournalKeeper;
  /** Files that have not got their name yet. */
  openCount(): number;
  /** As `RecordLink.recover`. */
  recover(): void;
  /** Finishes what is open as incomplete. Idempotent. */
  close(): Promise<void>;
}

/** Null: none are kept. Throws ConfigError. */
export function openCallJournals(config: Config, clock: Clock, log: Log): CallJournals | null {
  if (config.RECORD_CALLS === undefined) return null;
  const folder = resolve(config.RECORD_CALLS);
  // Each folder has a thread of its own, which finishes what others leave in it.
  if (folder === audioFolderOf(config))
    throw new ConfigError(
      `RECORD_CALLS: expected another folder than that of RECORD_AUDIO, received ${config.RECORD_CALLS}`,
    );
  const files = new RecordLink({
    workerUrl: new URL('./recordings/record-worker.ts', import.meta.url),
    start: {
      folder: openRecordFolder(folder, 'RECORD_CALLS'),
      keepDays: config.RECORDINGS_KEEP_DAYS,
      logLevel: config.LOG_LEVEL,
      logPii: config.LOG_PII,
    },
    clock,
    log,
  });
  const about = { build: buildId(), isa: addon.activeIsa(), recognizers: config.speech.recognizers };
  const keeper = new JournalKeeper({ clock, files, about });
  return {
    keeper,
    openCount: () => files.counts().open,
    recover: () => files.recover(),
    close: () => {
      keeper.close();
      return files.close();
    },
  };
}
