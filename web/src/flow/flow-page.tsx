import { useEffect, useState } from 'preact/hooks';
import type { FlowView } from '../../../src/protocol/board-api.ts';
import { adminFetch, adminSentence } from '../board/admin-fetch.ts';
import { TokenForm } from '../board/token-form.tsx';
import { Header } from '../shared/header.tsx';
import { wait } from '../shared/wait.ts';
import { FlowDrawing } from './flow-drawing.tsx';

const EVERY_MS = 5000;
const ANSWER_MAX_MS = 8000;

export function FlowPage() {
  const [view, setView] = useState<FlowView | null>(null);
  const [trouble, setTrouble] = useState('');
  const [isLocked, setIsLocked] = useState(false);
  const [tries, setTries] = useState(0);
  /** Empty for the default flow. */
  const [name, setName] = useState('');

  // Another token asks anew.
  useEffect(() => {
    const leave = new AbortController();
    void follow(name, leave.signal, {
      onView: (next) => {
        setIsLocked(false);
        setTrouble('');
        setView(next);
      },
      onTrouble: setTrouble,
      onLocked: () => setIsLocked(true),
    });
    return () => leave.abort();
  }, [tries, name]);

  return (
    <>
      <Header here="flow" />
      <main class="board">
        <div class="board-top">
          <h1>{view === null ? 'Flow' : view.name}</h1>
          {view !== null && view.names.length > 1 && (
            <div class="choice">
              <label for="choice" class="faint">
                Flow
              </label>
              <select id="choice" value={view.name} onChange={(event) => setName(event.currentTarget.value)}>
                {view.names.map((other) => (
                  <option key={other}>{other}</option>
                ))}
              </select>
            </div>
          )}
          {view !== null && (
            <p class="faint">Version {view.version}; numbers are calls that went that way today.</p>
          )}
        </div>
        {trouble !== '' && (
          <p class="notice" role="status">
            {trouble}
          </p>
        )}
        {isLocked && <TokenForm key={tries} onToken={() => setTries((count) => count + 1)} />}
        {!isLocked && view !== null && (
          <div>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
            <section class="drawing card" aria-label="Drawing of the flow" tabIndex={0}>
              <FlowDrawing view={view} />
            </section>
            <FlowList view={view} />
          </div>
        )}
      </main>
    </>
  );
}

function FlowList({ view }: { readonly view: FlowView }) {
  return (
    <details class="card">
      <summary>As a list</summary>
      <dl class="flow-list">
        {view.nodes.map(({ id, kind, text }) => (
          <div key={id}>
            <dt>
              {id} <small>{id === view.start ? `${kind}, start` : kind}</small>
            </dt>
            <dd>
              {text}
              <ul>
                {view.edges
                  .filter(({ from }) => from === id)
                  .map(({ to, label, callsToday }) => (
                    <li key={`${to} ${label}`}>
                      {label === '' ? 'then' : `${label}:`} {to} ({callsToday} today)
                    </li>
                  ))}
              </ul>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

interface FollowEvents {
  onView(view: FlowView): void;
  onTrouble(sentence: string): void;
  /** Only another token helps; nothing is asked after it. */
  onLocked(): void;
}

async function follow(name: string, signal: AbortSignal, events: FollowEvents): Promise<void> {
  const path = name === '' ? 'api/flow' : `api/flow?${new URLSearchParams({ name })}`;
  while (!signal.aborted) {
    const either = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MAX_MS)]);
    const answer = await adminFetch(path, { signal: either });
    const view =
      answer.kind === 'answer' ? ((await answer.response.json().catch(() => null)) as FlowView | null) : null;
    if (signal.aborted) return;
    if (view !== null) events.onView(view);
    else if (answer.kind === 'refused' && answer.problem.status === 401) {
      events.onLocked();
      return;
    } else if (answer.kind === 'refused') events.onTrouble(adminSentence(answer.problem));
    await wait(EVERY_MS, signal);
  }
}
