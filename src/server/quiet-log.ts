/**
 * Log lines that a stranger can cause: one line a minute of each kind, with the number of those left out. Whoever sends us
 * ten thousand bad requests a second must not fill a disk. I/O thread.
 */
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

const QUIET_MS = 60_000;

export class QuietLog {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, { loggedAtMs: number; leftOut: number }>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `text` and `kind` come from a fixed set, so that what is kept for them is bounded. */
  warn(fields: Readonly<Record<string, unknown>>, text: string, kind = text): void {
    const nowMs = this.#clock.nowMs();
    const known = this.#kinds.get(kind);
    if (known !== undefined && nowMs - known.loggedAtMs < QUIET_MS) {
      known.leftOut += 1;
      return;
    }
    this.#log.warn({ ...fields, leftOut: known?.leftOut ?? 0 }, text);
    this.#kinds.set(kind, { loggedAtMs: nowMs, leftOut: 0 });
  }
}
