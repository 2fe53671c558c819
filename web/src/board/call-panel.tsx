import { useEffect, useRef, useState } from 'preact/hooks';
import type { CallView, TimelineEntry } from '../../../src/protocol/board-api.ts';
import { answerText } from '../shared/answer-text.ts';
import { durationText } from '../shared/duration-text.ts';
import { wait } from '../shared/wait.ts';
import { adminFetch, adminSentence } from './admin-fetch.ts';
import { HangUp } from './hang-up.tsx';

const EVERY_MS = 2000;
const ANSWER_MAX_MS = 8000;

const KIND_NAMES: Readonly<Record<TimelineEntry['kind'], string>> = {
  prompt: 'Bot',
  speech: 'Caller',
  answer: 'Answer',
  'no-input': 'Silence',
  'no-match': 'Not understood',
  'barge-in': 'Barge-in',
  digits: 'Digits',
  vendor: 'Vendor',
  resumed: 'Resumed',
  ended: 'End',
};

/** One call: what was said and done in it, and the way to end it. */
export function CallPanel({ callSid, onClose }: { readonly callSid: string; readonly onClose: () => void }) {
  const [view, setView] = useState<CallView | null>(null);
  const [trouble, setTrouble] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    const leave = new AbortController();
    setView(null);
    setTrouble('');
    heading.current?.focus();
    void follow(callSid, leave.signal, setView, setTrouble);
    return () => leave.abort();
  }, [callSid]);

  return (
    <section class="card panel" aria-labelledby="opened">
      <div class="panel-top">
        <h2 id="opened" ref={heading} tabIndex={-1}>
          {view === null ? 'Call' : `Call from ${view.from || 'an unknown caller'}`}
        </h2>
        <button type="button" class="quiet" onClick={onClose}>
          Close
        </button>
      </div>
      <p class="sid">{callSid}</p>
      {trouble !== '' && (
        <p class="notice" role="status">
          {trouble}
        </p>
      )}
      {view !== null && <Details view={view} />}
      {view?.state === 'live' && <HangUp key={callSid} callSid={callSid} from={view.from} />}
    </section>
  );
}

function Details({ view }: { readonly view: CallView }) {
  return (
    <>
      <dl class="facts">
        <div>
          <dt>State</dt>
          <dd>{view.state === 'live' ? 'on the line' : (view.endReason ?? 'ended')}</dd>
        </div>
        {view.outcome !== null && (
          <div>
            <dt>Outcome</dt>
            <dd>{answerText(view.outcome)}</dd>
          </div>
        )}
        {view.answers.map(({ node, value }) => (
          <div key={node}>
            <dt>{answerText(node)}</dt>
            <dd>{answerText(value)}</dd>
          </div>
        ))}
      </dl>
      <h3>Timeline</h3>
      <ol class="timeline">
        {/* It only grows at its end: an index names an entry. */}
        {view.timeline.map((entry, index) => (
          <li key={index} class={entry.kind}>
            <time>{durationText(entry.atMs)}</time>
            <span class="kind">{KIND_NAMES[entry.kind] ?? entry.kind}</span>
            <span class="text">
              {entry.text}
              {entry.durationMs !== undefined && <small> {(entry.durationMs / 1000).toFixed(1)} s</small>}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

/** Until the call has ended. */
async function follow(
  callSid: string,
  signal: AbortSignal,
  onView: (view: CallView) => void,
  onTrouble: (sentence: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    const either = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MAX_MS)]);
    const answer = await adminFetch(`api/calls/${encodeURIComponent(callSid)}`, { signal: either });
    if (signal.aborted) return;
    if (answer.kind === 'refused') {
      if (answer.problem.status === 404) {
        onTrouble('The server knows no such call.');
        return;
      }
      onTrouble(adminSentence(answer.problem));
    } else {
      const view = (await answer.response.json().catch(() => null)) as CallView | null;
      if (signal.aborted) return;
      if (view !== null) {
        onTrouble('');
        onView(view);
        if (view.state === 'ended') return;
      }
    }
    await wait(EVERY_MS, signal);
  }
}
