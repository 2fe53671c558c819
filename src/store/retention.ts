/**
 * Removes what is kept of calls that ended longer ago than it may be kept: their rows, their turns and what those heard, wishes for
 * outbound ones, and results that were delivered or given up. In slices with a pause after each, so that no commit waits for long. A result that
 * still waits for its receiver keeps its call. Several nodes may do it at once. Store thread.
 */
import { FINAL_RANK } from '../channel/dial-messages.ts';
import type { Clock, Timer } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SqlEngine } from './sql-engine.ts';

export interface RetentionParts {
  readonly engine: Pick<SqlEngine, 'tables' | 'transact'>;
  readonly keepDays: number;
  /** Results are sent somewhere: one that waits keeps its call. */
  readonly sendsResults: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

const DAY_MS = 86_400_000;
/** A start has other things to do first. */
const FIRST_LOOK_MS = 60_000;
const LOOK_EVERY_MS = 600_000;
/** Removed in some 10 ms. */
const SLICE_CALLS = 200;
const PAUSE_MS = 50;

export class Retention {
  readonly #parts: RetentionParts;
  #timer: Timer | null = null;
  #isClosed = false;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** Looks a minute from now, and then every ten, until `close`. */
  begin(): void {
    this.#lookIn(FIRST_LOOK_MS);
  }

  /** Resolves with how many calls were removed. Never rejects: what a lock keeps from it goes the next time. */
  async look(): Promise<number> {
    const { clock, keepDays, log } = this.#parts;
    const beforeWallMs = clock.wallMs() - keepDays * DAY_MS;
    let calls = 0;
    try {
      for (;;) {
        const removed = await this.#removeSlice(beforeWallMs);
        calls += removed;
        if (removed < SLICE_CALLS || this.#isClosed) break;
        await new Promise<void>((resolve) => {
          clock.setTimer(PAUSE_MS, resolve);
        });
      }
      await this.#removeDials(beforeWallMs);
    } catch (thrown) {
      log.warn(
        { event: 'records.not-removed', err: toErrorRecord(thrown) },
        'old records are removed at the next look',
      );
    }
    if (calls > 0)
      log.info(
        { event: 'records.removed', calls },
        'records that are older than RETENTION_DAYS were removed',
      );
    return calls;
  }

  /** Idempotent. A slice that is on its way is removed. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) this.#parts.clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  #lookIn(delayMs: number): void {
    this.#timer = this.#parts.clock.setTimer(delayMs, () => {
      void this.look().then(() => {
        if (!this.#isClosed) this.#lookIn(LOOK_EVERY_MS);
      });
    });
  }

  /** Some hundred bytes each, and as many as people were called: in one go. Who is not to be called stays so. */
  async #removeDials(beforeWallMs: number): Promise<void> {
    const { engine } = this.#parts;
    const old = engine.tables
      .deleteFrom('dials')
      .where('status_rank', '=', FINAL_RANK)
      .where('asked_at_wall_ms', '<', beforeWallMs);
    await engine.transact([old.compile()]);
  }

  async #removeSlice(beforeWallMs: number): Promise<number> {
    const { engine, sendsResults } = this.#parts;
    const { tables } = engine;
    let old = tables
      .selectFrom('calls')
      .select('call_sid')
      // Said twice: by its begin a call is found in an index.
      .where('started_at_wall_ms', '<', beforeWallMs)
      .where('ended_at_wall_ms', '<', beforeWallMs)
      .where('end_reason', 'is not', null)
      .orderBy('started_at_wall_ms')
      .limit(SLICE_CALLS);
    if (sendsResults)
      old = old.where(({ exists, not, selectFrom }) =>
        not(
          exists(
            selectFrom('outbox')
              .select('outbox.call_sid')
              .whereRef('outbox.call_sid', '=', 'calls.call_sid')
              .where('outbox.state', '=', 'waiting'),
          ),
        ),
      );
    const found = await old.execute();
    const callSids = found.map((row) => row.call_sid);
    if (callSids.length === 0) return 0;
    await engine.transact(
      (['playout', 'turns', 'outbox', 'calls'] as const).map((table) =>
        tables.deleteFrom(table).where('call_sid', 'in', callSids).compile(),
      ),
    );
    return callSids.length;
  }
}
