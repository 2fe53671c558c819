/**
 * Keeps the journals of calls (`RECORD_CALLS`): one for each stream, from its opening. Sees what goes to the workers and what
 * of their calls' journals comes back; the streams write for themselves. I/O thread.
 */
import type { CallId, FromCall, ToCall } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { RECORD_VERSION, type RecordHead } from '../journal/record-line.ts';
import type { MediaStreamLimits } from '../media/media-stream-hooks.ts';
import type { RecordFiles } from '../recordings/record-files.ts';
import { recordName } from '../recordings/record-name.ts';
import type { CallPlacement } from './live-call-surroundings.ts';
import { StreamJournal } from './stream-journal.ts';

export interface JournalKeeperParts {
  readonly clock: Clock;
  readonly about: Pick<RecordHead, 'build' | 'isa' | 'recognizers'>;
  readonly files: Pick<RecordFiles, 'open'>;
}

export class JournalKeeper {
  readonly #parts: JournalKeeperParts;
  readonly #open = new Map<string, StreamJournal>();
  readonly #byCallId = new Map<CallId, StreamJournal>();

  constructor(parts: JournalKeeperParts) {
    this.#parts = parts;
  }

  /** Begins the journal of a stream that was just opened. Null: there can be none, and the call goes on without. */
  open(
    { attempt, callSid }: { readonly callSid: string; readonly attempt: number },
    limits: MediaStreamLimits,
  ): StreamJournal | null {
    const { about, clock, files } = this.#parts;
    const name = recordName(callSid, attempt);
    const file = files.open(name, 'lines');
    if (file.isGivenUp) return null;
    const { audioWaitMaxMs, callMaxMs, goodbyePromptKey } = limits;
    const head: RecordHead = {
      record: 'trunkline call',
      version: RECORD_VERSION,
      ...about,
      recordedAtWallMs: clock.wallMs(),
      callSid,
      attempt,
      carrier: 'twilio',
      limits: { audioWaitMaxMs, callMaxMs, goodbyePromptKey },
    };
    const journal: StreamJournal = new StreamJournal(head, file, clock, () => {
      this.#open.delete(name);
      if (journal.callId !== null) this.#byCallId.delete(journal.callId);
    });
    this.#open.set(name, journal);
    return journal;
  }

  /** The workers, as calls that may be recorded have them. */
  placing(workers: CallPlacement): CallPlacement {
    return {
      place: (callId, how, onPlaced) => {
        // Not for the first time: the worker that had it is gone, and says no more of it.
        this.#byCallId.get(callId)?.runLost();
        workers.place(callId, how, onPlaced);
      },
      post: (message) => workers.post(this.#seen(message)),
      release: (callId) => workers.release(callId),
    };
  }

  /** A line of a call's journal, from its worker. */
  take({ callId, isLast, line }: Extract<FromCall, { kind: 'recorded' }>): void {
    this.#byCallId.get(callId)?.take(line, isLast);
  }

  /** Closes those that are open, as they are. Idempotent. */
  close(): void {
    for (const journal of [...this.#open.values()]) journal.close();
  }

  /** The call is told that it is recorded. */
  #seen(message: ToCall): ToCall {
    if (message.kind !== 'call.started') return message;
    const { call, callId } = message;
    const journal = this.#open.get(recordName(call.callSid, call.attempt));
    if (journal === undefined) return message;
    journal.callId = callId;
    this.#byCallId.set(callId, journal);
    return { ...message, call: { ...call, recordedFromMs: journal.callStarts(call.move) } };
  }
}
