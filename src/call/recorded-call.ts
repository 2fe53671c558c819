/** A call that is recorded: its journal's lines go to the I/O thread, which keeps the record, between its other messages. Call worker. */
import type { CallId, CallStart, FromCall } from '../channel/messages.ts';
import type { Flow } from '../flow/flow.ts';
import { RecordingJournal } from '../journal/recording-journal.ts';
import type { CallParts } from './call.ts';
import { JournaledCall } from './journaled-call.ts';

/** `parts`, `start`: of a call whose `recordedFromMs` is set. `flow`: what it is answered by. */
export function recordedCall(callId: CallId, start: CallStart, parts: CallParts, flow: Flow): JournaledCall {
  const { clock } = parts;
  const openedAtMs = clock.nowMs() - (start.recordedFromMs ?? 0);
  const readMs = (): number => clock.nowMs() - openedAtMs;
  const post = (message: FromCall): void => parts.post(message);
  const journal = new RecordingJournal({
    plane: 'call',
    run: start.move,
    readMs,
    write: (line, { kind }) => post({ kind: 'recorded', callId, line, isLast: kind === 'closed' }),
  });
  const wallOriginMs = Math.round(clock.wallMs() - readMs());
  return new JournaledCall({ journal, callId, start, parts, flow, wallOriginMs });
}
