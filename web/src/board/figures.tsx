import type { BoardSnapshot } from '../../../src/protocol/board-api.ts';
import { answerText } from '../shared/answer-text.ts';

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly isBad?: boolean;
}

function Figure({ name, value, note = '', isBad = false }: FigureProps) {
  return (
    <div class={isBad ? 'figure bad' : 'figure'}>
      <dt>{name}</dt>
      <dd>
        {value}
        {note !== '' && <small>{note}</small>}
      </dd>
    </div>
  );
}

export function Figures({ snapshot }: { readonly snapshot: BoardSnapshot }) {
  const { callCount, capacity, workers, store, loopDelayMs, today } = snapshot;
  const isStoreLate = !store.isDurable || store.deferredCommits > 0;
  return (
    <dl class="figures">
      <Figure name="Calls now" value={String(callCount)} />
      <Figure
        name="Capacity"
        value={`${capacity.inUse} of ${capacity.limit}`}
        note={
          capacity.draining
            ? 'no new calls: draining'
            : capacity.lowered
              ? 'lowered: the machine is busy'
              : ''
        }
        isBad={capacity.draining || capacity.lowered}
      />
      <Figure
        name="Workers"
        value={`${workers.ready} of ${workers.wanted}`}
        note={workers.lost > 0 ? `${workers.lost} lost and replaced` : ''}
        isBad={workers.ready < workers.wanted}
      />
      <Figure
        name="Turns today"
        value={String(today.turns)}
        note={today.turnLatencyMs === null ? '' : `half within ${Math.round(today.turnLatencyMs.p50)} ms`}
      />
      <Figure
        name="Store"
        value={store.engine}
        note={isStoreLate ? `${store.deferredCommits} commits wait` : 'durable'}
        isBad={isStoreLate}
      />
      <Figure name="Loop delay" value={`${loopDelayMs.p99.toFixed(1)} ms`} note="99 of 100 within" />
    </dl>
  );
}

/** Bars, longest first; the numbers stand beside them. */
export function Outcomes({ outcomes }: { readonly outcomes: BoardSnapshot['today']['outcomes'] }) {
  const most = Math.max(1, ...outcomes.map(({ calls }) => calls));
  const sorted = [...outcomes].sort((a, b) => b.calls - a.calls);
  return (
    <section class="card" aria-labelledby="outcomes">
      <h2 id="outcomes">Outcomes today</h2>
      {sorted.length === 0 && <p class="faint">No call has ended today.</p>}
      <ul class="bars">
        {sorted.map(({ name, calls }) => (
          <li key={name}>
            <span>{answerText(name)}</span>
            <span class="count">{calls}</span>
            <div class="track" aria-hidden="true">
              <div style={{ width: `${(100 * calls) / most}%` }} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Vendors({ vendors }: { readonly vendors: BoardSnapshot['vendors'] }) {
  return (
    <section class="card" aria-labelledby="vendors">
      <h2 id="vendors">Speech</h2>
      {vendors.length === 0 && <p class="faint">The built-in speech serves; no vendor is asked.</p>}
      <ul class="vendors">
        {vendors.map(({ name, state, detail }) => (
          <li key={name}>
            <span>{name}</span>
            <span class={state === 'down' ? 'state bad' : 'state'}>{state}</span>
            {detail !== '' && <span class="faint">{detail}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
