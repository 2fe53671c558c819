import { useState } from 'preact/hooks';
import type { BoardCall } from '../../../src/protocol/board-api.ts';
import { durationText } from '../shared/duration-text.ts';

/** Rows at first: more than anybody looks through. */
const SHOWN = 50;
const QUIET_DBFS = -60;

interface CallsTableProps {
  readonly calls: readonly BoardCall[];
  readonly callCount: number;
  /** Epoch, on the server's clock. */
  readonly atMs: number;
  readonly openedSid: string;
  readonly onOpen: (callSid: string) => void;
}

export function CallsTable({ calls, callCount, atMs, openedSid, onOpen }: CallsTableProps) {
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? calls : calls.slice(0, SHOWN);
  return (
    <section class="card calls" aria-labelledby="calls">
      <h2 id="calls">Calls now</h2>
      {calls.length === 0 ? (
        <p class="faint">Nobody is on the line.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Question</th>
              <th scope="col">Turn</th>
              <th scope="col">Time</th>
              <th scope="col">Level</th>
              <th scope="col">Last heard</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((call) => (
              <Row
                key={call.callSid}
                call={call}
                atMs={atMs}
                isOpen={call.callSid === openedSid}
                onOpen={onOpen}
              />
            ))}
          </tbody>
        </table>
      )}
      {calls.length > shown.length && (
        <button type="button" class="quiet" onClick={() => setShowsAll(true)}>
          Show all {calls.length}
        </button>
      )}
      {callCount > calls.length && (
        <p class="faint">
          The newest {calls.length} of {callCount} calls.
        </p>
      )}
    </section>
  );
}

interface RowProps {
  readonly call: BoardCall;
  readonly atMs: number;
  readonly isOpen: boolean;
  readonly onOpen: (callSid: string) => void;
}

function Row({ call, atMs, isOpen, onOpen }: RowProps) {
  const ratio = Math.max(0, Math.min(1, (call.levelDbfs - QUIET_DBFS) / -QUIET_DBFS));
  const who = call.isSpeaking ? 'caller speaks' : call.botSpeaks ? 'bot speaks' : 'silence';
  return (
    <tr class={isOpen ? 'open' : ''}>
      <th scope="row">
        <button
          type="button"
          class="text"
          aria-expanded={isOpen}
          aria-label={`Open the call from ${call.from || 'an unknown caller'}`}
          onClick={() => onOpen(call.callSid)}
        >
          {call.from || 'unknown'}
        </button>
        {call.channel === 'browser' && call.from !== 'browser' && <small> browser</small>}
      </th>
      <td data-name="Question">{call.question}</td>
      <td data-name="Turn">{call.turn}</td>
      <td data-name="Time">{durationText(atMs - call.startedAtMs)}</td>
      <td data-name="Level">
        <span class="hidden">{who}</span>
        <div class={call.isSpeaking ? 'level speaks' : 'level'} title={who} aria-hidden="true">
          <div style={{ width: `${Math.round(ratio * 100)}%` }} />
        </div>
      </td>
      <td data-name="Last heard" class="heard">
        {call.heard || '–'}
      </td>
    </tr>
  );
}
