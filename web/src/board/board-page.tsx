import { useCallback, useEffect, useState } from 'preact/hooks';
import type { BoardSnapshot } from '../../../src/protocol/board-api.ts';
import { Header } from '../shared/header.tsx';
import { adminSentence } from './admin-fetch.ts';
import { type FeedState, watchBoard } from './board-feed.ts';
import { CallPanel } from './call-panel.tsx';
import { CallsTable } from './calls-table.tsx';
import { Chart } from './chart.tsx';
import { Figures, Outcomes, Vendors } from './figures.tsx';
import { type History, NO_HISTORY, withSnapshot } from './history.ts';
import { TokenForm } from './token-form.tsx';

export function BoardPage() {
  const [feed, setFeed] = useState<FeedState>({ name: 'connecting' });
  const [snapshot, setSnapshot] = useState<BoardSnapshot | null>(null);
  const [history, setHistory] = useState<History>(NO_HISTORY);
  const [openedSid, open] = useState('');
  /** Counts the tokens that were tried: each opens the feed anew. */
  const [tries, setTries] = useState(0);

  // Another token opens the feed anew.
  useEffect(() => {
    const leave = new AbortController();
    const onSnapshot = (next: BoardSnapshot) => {
      setSnapshot(next);
      setHistory((before) => withSnapshot(before, next));
    };
    void watchBoard({ onState: setFeed, onSnapshot }, leave.signal);
    return () => leave.abort();
  }, [tries]);
  const close = useCallback(() => open(''), []);

  return (
    <>
      <Header here="board" />
      <main class="board">
        <div class="board-top">
          <h1>Board</h1>
          <p class={`feed ${feed.name}`} role="status">
            {feedText(feed, snapshot)}
          </p>
        </div>
        {feed.name === 'locked' ? (
          <TokenForm key={tries} onToken={() => setTries((count) => count + 1)} />
        ) : (
          snapshot !== null && (
            <div class={feed.name === 'lost' ? 'stale' : ''}>
              <Figures snapshot={snapshot} />
              <div class={openedSid === '' ? 'columns' : 'columns with-panel'}>
                <CallsTable
                  calls={snapshot.calls}
                  callCount={snapshot.callCount}
                  atMs={snapshot.atMs}
                  openedSid={openedSid}
                  onOpen={open}
                />
                {openedSid !== '' && <CallPanel callSid={openedSid} onClose={close} />}
              </div>
              <div class="below">
                <Charts history={history} />
                <Outcomes outcomes={snapshot.today.outcomes} />
                <Vendors vendors={snapshot.vendors} />
              </div>
            </div>
          )
        )}
      </main>
    </>
  );
}

function Charts({ history }: { readonly history: History }) {
  return (
    <section class="card charts" aria-label="The last ten minutes">
      <Chart
        title="Calls"
        unit=""
        seconds={history.seconds}
        lines={[{ label: 'now', values: history.calls, colour: '--accent', isFilled: true }]}
      />
      <Chart
        title="Turn latency today"
        unit=" ms"
        seconds={history.seconds}
        lines={[
          { label: 'p50', values: history.p50, colour: '--accent' },
          { label: 'p95', values: history.p95, colour: '--faint' },
          { label: 'p99', values: history.p99, colour: '--ink' },
        ]}
      />
    </section>
  );
}

/** The clock is not in it: a live region that changed twice a second would never be silent. */
function feedText(feed: FeedState, snapshot: BoardSnapshot | null): string {
  switch (feed.name) {
    case 'connecting':
      return 'Connecting…';
    case 'open':
      return `Live from ${snapshot?.nodeId ?? 'the server'}`;
    case 'lost':
      return `${adminSentence(feed.problem)}${snapshot === null ? '' : ' What you see is old.'}`;
    case 'locked':
      return 'Locked';
  }
}
