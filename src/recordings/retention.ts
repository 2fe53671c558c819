/**
 * Removes recordings that are older than they may be kept: at the start, and hourly. Age is that of the last change, by the
 * wall clock. Only what bears the name of a finished recording is touched, one file at a time and without holding up the
 * thread: writes go on meanwhile. The recordings' thread.
 */
import { lstat, opendir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import { nameOfFinishedFile } from './record-name.ts';

const SWEEP_EVERY_MS = 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface RetentionOf {
  readonly folder: string;
  readonly keepDays: number;
  readonly clock: Clock;
  readonly log: Log;
}

export class Retention {
  readonly #of: RetentionOf;
  #timer: Timer | null = null;
  #isClosed = false;

  constructor(of: RetentionOf) {
    this.#of = of;
  }

  /** Sweeps now; the next time an hour after the end of this. Never rejects. */
  async begin(): Promise<void> {
    await this.sweep();
    if (this.#isClosed) return;
    this.#timer = this.#of.clock.setTimer(SWEEP_EVERY_MS, () => void this.begin());
  }

  /** Returns how many were removed. What cannot be removed is told once a sweep, and tried again at the next. Never rejects. */
  async sweep(): Promise<number> {
    const { clock, folder, keepDays, log } = this.#of;
    const oldestAtWallMs = clock.wallMs() - keepDays * DAY_MS;
    let removed = 0;
    let failure: unknown = null;
    try {
      for await (const entry of await opendir(folder)) {
        if (this.#isClosed) break;
        if (!entry.isFile() || nameOfFinishedFile(entry.name) === null) continue;
        const path = join(folder, entry.name);
        try {
          if ((await lstat(path)).mtimeMs >= oldestAtWallMs) continue;
          await unlink(path);
          removed++;
        } catch (thrown) {
          failure = thrown;
        }
      }
    } catch (thrown) {
      failure = thrown;
    }
    if (failure !== null)
      log.error(
        { event: 'recording.failed', path: folder, err: toErrorRecord(failure) },
        'old recordings could not be removed',
      );
    if (removed > 0)
      log.info({ event: 'recording.removed', recordings: removed, keepDays }, 'old recordings were removed');
    return removed;
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) this.#of.clock.clearTimer(this.#timer);
  }
}
