/**
 * Calls that somebody outside of the server wants ended, as one SQLite file tells of them: it has no messages between
 * processes, so whoever asks leaves a row, and the one server that has the file looks for it twice a second. Store thread.
 */
import type { Clock, Timer } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SqlEngine } from './sql-engine.ts';

export interface HangUpBoxParts {
  readonly engine: Pick<SqlEngine, 'tables' | 'transact'>;
  readonly onHangUp: (callSid: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a person does not notice as a delay; a look costs some 20 us. */
const LOOK_EVERY_MS = 500;
/** In one look; the next comes soon. */
const CALLS_MAX = 1000;

export class HangUpBox {
  readonly #parts: HangUpBoxParts;
  #timer: Timer | null = null;

  constructor(parts: HangUpBoxParts) {
    this.#parts = parts;
  }

  /** Looks from now on, until `close`. */
  begin(): void {
    this.#timer = this.#parts.clock.setTimer(LOOK_EVERY_MS, () => {
      this.begin();
      void this.look();
    });
  }

  /** Takes out what is there and tells of it. Never rejects: what a lock keeps from it is there the next time. */
  async look(): Promise<void> {
    const { engine, log, onHangUp } = this.#parts;
    try {
      const found = await engine.tables.selectFrom('hang_ups').select('call_sid').limit(CALLS_MAX).execute();
      const callSids = found.map((row) => row.call_sid);
      if (callSids.length === 0) return;
      await engine.transact([
        engine.tables.deleteFrom('hang_ups').where('call_sid', 'in', callSids).compile(),
      ]);
      for (const callSid of callSids) onHangUp(callSid);
    } catch (thrown) {
      log.debug({ event: 'hang-up.not-read', err: toErrorRecord(thrown) }, 'hang-ups are read the next time');
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#timer !== null) this.#parts.clock.clearTimer(this.#timer);
    this.#timer = null;
  }
}
