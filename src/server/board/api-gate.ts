/**
 * The door of `/api/board`, `/api/calls` and `/api/flow`: they show callers and end calls. With `ADMIN_TOKEN` for its
 * bearers alone; without it for local requests alone, and none of those that a foreign page had the browser send. I/O thread.
 */
import { BearerGate } from '../bearer-gate.ts';
import type { Exchange } from '../exchange.ts';
import { isForeignOrigin } from '../own-origin.ts';
import { type Problem, problemAnswer } from '../problem.ts';

const REFUSALS = {
  'not local': {
    status: '403 Forbidden',
    code: 'not-local',
    title: 'Local requests only',
    detail:
      'Set ADMIN_TOKEN and send it as a bearer token, or ask from the machine that this server runs on.',
  },
  'no token': {
    status: '401 Unauthorized',
    code: 'no-token',
    title: 'A token is needed',
    detail: 'Send the ADMIN_TOKEN of this server as a bearer token.',
    headers: { 'WWW-Authenticate': 'Bearer realm="board"' },
  },
  'foreign origin': {
    status: '403 Forbidden',
    code: 'foreign-origin',
    title: 'A page of another origin',
    detail: 'Open the board at the address of this server.',
  },
} as const satisfies Record<string, Problem>;

export class ApiGate {
  readonly #hasToken: boolean;
  readonly #gate: BearerGate;

  /** `token` null: local requests only. */
  constructor(token: string | null) {
    this.#hasToken = token !== null;
    this.#gate = new BearerGate(token);
  }

  /** False when the exchange was answered with the refusal. */
  admits(exchange: Exchange): boolean {
    const answer = this.#gate.admits(exchange);
    // Nobody's page has the token but who was given it; without one, the browser is all the proof there is.
    const isForeign = !this.#hasToken && isForeignOrigin(exchange);
    if (answer === 'admitted' && !isForeign) return true;
    exchange.answer(problemAnswer(REFUSALS[answer === 'admitted' ? 'foreign origin' : answer]));
    return false;
  }
}
