/** Calls that the carrier says are over, whatever is known of them here. I/O thread. */
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CallStore } from '../store/call-store.ts';
import type { CallDirectory } from './call-directory.ts';

export interface EndedCallsParts {
  readonly directory: Pick<CallDirectory, 'callerHungUp'>;
  readonly store: Pick<CallStore, 'load' | 'finish'>;
  readonly log: Log;
}

export class EndedCalls {
  readonly #parts: EndedCallsParts;

  constructor(parts: EndedCallsParts) {
    this.#parts = parts;
  }

  /** Ends the call where it is live here, and its record where that has no end. Never rejects; a second time it does nothing. */
  async end(callSid: string): Promise<void> {
    const { directory, log, store } = this.#parts;
    if (directory.callerHungUp(callSid)) {
      log.warn({ event: 'call.over', callSid }, 'a live call had ended at the carrier');
      return;
    }
    try {
      const record = await store.load(callSid);
      if (record !== null && record.endReason === null)
        await store.finish(callSid, record.attempt, 'caller hung up');
    } catch (thrown) {
      const err = toErrorRecord(thrown);
      log.warn({ event: 'store.failed', callSid, err }, 'the end of a call could not be kept');
    }
  }
}
