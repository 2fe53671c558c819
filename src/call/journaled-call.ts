/**
 * A call through a journal: what the media plane, the store, the vendors and its timers bring comes in by `enter`, and what
 * it posts, commits and asks goes out by `tell`. The call itself knows nothing of that. In a replay the parts around it
 * are made of the record, and the very same call runs. Call worker.
 */
import type { CallId, CallStart, ToCall } from '../channel/messages.ts';
import type { Flow } from '../flow/flow.ts';
import type { Journal } from '../journal/journal.ts';
import type { CallStore } from '../store/call-store.ts';
import { Call, type CallParts } from './call.ts';
import { JournaledClock } from './journaled-clock.ts';
import { JournaledReplies } from './journaled-replies.ts';
import { JournaledRecognizer, JournaledUnderstanding } from './journaled-speech.ts';

export interface JournaledCallParts {
  readonly journal: Journal;
  readonly callId: CallId;
  readonly start: CallStart;
  /** What the call would be given without a journal. */
  readonly parts: CallParts;
  /** The one that the call is answered by. */
  readonly flow: Flow;
  /** The wall clock when the journal's time was 0. */
  readonly wallOriginMs: number;
}

export class JournaledCall {
  readonly clock: JournaledClock;
  readonly replies: JournaledReplies;
  readonly #of: JournaledCallParts;
  readonly #call: Call;

  constructor(of: JournaledCallParts) {
    const { callId, journal, parts, start, wallOriginMs } = of;
    this.#of = of;
    this.clock = new JournaledClock(journal, parts.clock, wallOriginMs);
    this.replies = new JournaledReplies(journal);
    this.#call = new Call(callId, start, {
      ...parts,
      clock: this.clock,
      store: journaledStore(journal, this.replies, parts.store),
      recognizer: new JournaledRecognizer(journal, this.replies, parts.recognizer),
      understanding:
        parts.understanding === null
          ? null
          : new JournaledUnderstanding(journal, this.replies, parts.understanding),
      post: (message) => {
        journal.tell({ kind: 'post', message });
        parts.post(message);
      },
      onClosed: (id) => {
        journal.tell({ kind: 'closed' });
        parts.onClosed(id);
      },
    });
  }

  /** As `Call.begin`. What the call is and runs by comes in with it. */
  begin(): void {
    const { callId, flow, journal, parts, start, wallOriginMs } = this.#of;
    const { directory, fileName, hash, text } = flow;
    const input = {
      kind: 'begun',
      callId,
      call: start,
      flow: { fileName, directory, hash, text },
      speculates: parts.speculates,
      understands: parts.understanding !== null,
      wallOriginMs,
    };
    journal.enter(input, () => this.#call.begin());
  }

  /** What the stream posted is kept by name: the record has its content from the stream. */
  receive(message: ToCall): void {
    const isOfServer = message.kind === 'call.ended';
    const input = isOfServer
      ? { kind: 'received', of: message }
      : { kind: 'received', message: message.kind };
    this.#of.journal.enter(input, () => this.#call.receive(message));
  }
}

function journaledStore(
  journal: Journal,
  replies: JournaledReplies,
  store: Pick<CallStore, 'commit'>,
): Pick<CallStore, 'commit'> {
  let commits = 0;
  return {
    commit(callSid, attempt, state, decided, move) {
      const number = commits++;
      journal.tell({ kind: 'commit', number, state, decided });
      return replies.of('committed', number, () => store.commit(callSid, attempt, state, decided, move));
    },
  };
}
