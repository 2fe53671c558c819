/** `POST /api/calls`: somebody is to be called. `GET /api/dials/{dialId}`: how that goes. I/O thread. */
import { type Dial, isDialId } from '../../channel/dial-messages.ts';
import { toErrorRecord } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { maskNumber } from '../../masked.ts';
import type { DialAnswer, DialView } from '../../protocol/dial-api.ts';
import { type Exchange, MAX_BODY_BYTES } from '../exchange.ts';
import type { GuardedApp } from '../guarded-app.ts';
import { type Problem, problemAnswer } from '../problem.ts';
import type { ApiGate } from './api-gate.ts';

export interface DialRoutesParts {
  readonly gate: ApiGate;
  /** Null: this server cannot place calls. */
  readonly dial: ((body: unknown, key: string | null) => Promise<DialAnswer>) | null;
  readonly load: (dialId: string) => Promise<Dial | null>;
  readonly log: Log;
}

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i;
const NO_ACCOUNT: Problem = {
  status: '409 Conflict',
  code: 'no-account',
  title: 'No calls can be placed',
  detail: 'Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_DOMAIN or PUBLIC_URL on this server.',
};
const NOT_JSON: Problem = {
  status: '400 Bad Request',
  code: 'bad-request',
  title: 'Not a call',
  detail: 'Send JSON as application/json, as {"to": "+12025550123"}; at most 16 KiB.',
};
const NO_SUCH_DIAL: Problem = {
  status: '404 Not Found',
  code: 'no-such-dial',
  title: 'No such outbound call',
  detail: 'POST /api/calls answers with the id of each that is asked for.',
};
const NO_STORE: Problem = {
  status: '503 Service Unavailable',
  code: 'store-unavailable',
  title: 'The store does not answer',
  detail: 'Ask again later.',
  headers: { 'Retry-After': '5' },
};
/** No Retry-After: who obeys it without a key has somebody called twice. */
const UNKNOWN: Problem = {
  status: '503 Service Unavailable',
  code: 'store-unavailable',
  title: 'The store does not answer',
  detail:
    'It is not known whether the call was asked for. Ask again with an Idempotency-Key only, the same each time: without one it may be placed twice.',
};
const UNKNOWN_WITH_KEY: Problem = {
  ...UNKNOWN,
  detail: 'It is not known whether the call was asked for. Ask again with the same Idempotency-Key.',
  headers: { 'Retry-After': '5' },
};
const KEY_CHARACTERS_MAX = 255;
const BAD_KEY: Problem = {
  status: '400 Bad Request',
  code: 'bad-request',
  title: 'Not an Idempotency-Key',
  detail: `Send at most ${KEY_CHARACTERS_MAX} characters that are yours for this one call, as an order's number.`,
};

export class DialRoutes {
  readonly #parts: DialRoutesParts;

  constructor(parts: DialRoutesParts) {
    this.#parts = parts;
  }

  addRoutes(app: GuardedApp, prefix: string): void {
    const { gate } = this.#parts;
    app.route('post', `${prefix}/api/calls`, (exchange) =>
      gate.admits(exchange) ? this.#ask(exchange) : undefined,
    );
    app.route('get', `${prefix}/api/dials/:dialId`, (exchange) =>
      gate.admits(exchange) ? this.#guard(exchange, NO_STORE, () => this.#show(exchange)) : undefined,
    );
  }

  async #ask(exchange: Exchange): Promise<void> {
    const { dial } = this.#parts;
    if (dial === null) {
      exchange.answer(problemAnswer(NO_ACCOUNT));
      return;
    }
    const key = exchange.header('idempotency-key');
    if (key.length > KEY_CHARACTERS_MAX) {
      exchange.answer(problemAnswer(BAD_KEY));
      return;
    }
    const isFit =
      JSON_TYPE.test(exchange.header('content-type')) &&
      !(Number(exchange.header('content-length')) > MAX_BODY_BYTES);
    const body = isFit ? await exchange.readBody() : undefined;
    if (body === null) return;
    const wish = body === undefined ? undefined : readJson(body.toString('utf8'));
    if (wish === undefined) {
      exchange.answer(problemAnswer(NOT_JSON));
      return;
    }
    await this.#guard(exchange, key === '' ? UNKNOWN : UNKNOWN_WITH_KEY, async () =>
      this.#answer(exchange, await dial(wish, key === '' ? null : key)),
    );
  }

  #answer(exchange: Exchange, answer: DialAnswer): void {
    if (answer.kind === 'refused') {
      const title = 'This call cannot be placed';
      const { reason: detail } = answer;
      exchange.answer(problemAnswer({ status: '422 Unprocessable Content', code: 'refused', title, detail }));
      return;
    }
    const { dialId } = answer;
    answerJson(exchange, '202 Accepted', { dialId, status: 'waiting' });
  }

  async #show(exchange: Exchange): Promise<void> {
    const dialId = exchange.parameter;
    const dial = isDialId(dialId) ? await this.#parts.load(dialId) : null;
    if (dial === null) exchange.answer(problemAnswer(NO_SUCH_DIAL));
    else answerJson(exchange, '200 OK', toView(dial));
  }

  /** What the store rejects with is no defect of the request. */
  async #guard(exchange: Exchange, problem: Problem, serve: () => Promise<void>): Promise<void> {
    try {
      await serve();
    } catch (thrown) {
      this.#parts.log.warn(
        { event: 'dial.unkept', err: toErrorRecord(thrown) },
        'the store did not take a dial',
      );
      exchange.answer(problemAnswer(problem));
    }
  }
}

function toView(dial: Dial): DialView {
  const { answeredBy, askedAtWallMs, callSid, dialId, failure, from, status, to } = dial;
  return {
    dialId,
    to: maskNumber(to),
    from: maskNumber(from),
    status,
    callSid,
    answeredBy,
    failure,
    askedAtMs: askedAtWallMs,
  };
}

/** Undefined for what is no JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function answerJson(exchange: Exchange, status: string, body: object): void {
  exchange.answer({ status, contentType: 'application/json', body: `${JSON.stringify(body)}\n` });
}
