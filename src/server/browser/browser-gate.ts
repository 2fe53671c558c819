/**
 * The door of browser calls, for the request of a session and for the upgrade of its stream: who may call at all
 * (`BROWSER_CALLS`), and from which page. Says nothing itself. I/O thread.
 */
import type { Exchange } from '../exchange.ts';
import { isLocalRequest } from '../local-request.ts';
import { isForeignOrigin } from '../own-origin.ts';
import type { Problem } from '../problem.ts';

/** `local`: from the machine that this server runs on, with nothing between. */
export type BrowserCalls = 'off' | 'local' | 'on';

export class BrowserGate {
  readonly #calls: BrowserCalls;
  readonly #ownOrigin: string | null;

  /** `publicUrl`: whose origin is ours beside the one that a request is sent to; null: none. */
  constructor(calls: BrowserCalls, publicUrl: string | null) {
    this.#calls = calls;
    this.#ownOrigin = publicUrl === null ? null : new URL(publicUrl).origin;
  }

  /** Null: the request may come in. */
  refusalOf(exchange: Exchange): Problem | null {
    if (this.#calls === 'off') return OFF;
    const isLocal = isLocalRequest(exchange);
    if (this.#calls === 'local' && !isLocal) return NOT_LOCAL;
    // Every browser names the page's origin here. What names none is no page, and is let in where it could do worse anyway.
    const isNamed = exchange.headerCount('origin') > 0;
    return isForeignOrigin(exchange, this.#ownOrigin) || (!isNamed && !isLocal) ? FOREIGN : null;
  }
}

const OFF: Problem = {
  status: '403 Forbidden',
  code: 'browser-calls-off',
  title: 'No calls from browsers',
  detail: 'Set BROWSER_CALLS to local or on to take calls from browsers.',
};
const NOT_LOCAL: Problem = {
  status: '403 Forbidden',
  code: 'not-local',
  title: 'Local calls only',
  detail: 'Open the page as localhost on the machine that this server runs on, or set BROWSER_CALLS=on.',
};
const FOREIGN: Problem = {
  status: '403 Forbidden',
  code: 'foreign-origin',
  title: 'A page of another origin',
  detail:
    'Open the page at the address of this server; behind a proxy, set PUBLIC_URL to the address that is asked for.',
};
