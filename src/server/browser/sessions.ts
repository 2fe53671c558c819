/**
 * `POST /api/sessions`: a page asks for a call, or for its call again after its connection was lost. The answer names the call,
 * opens one stream of it, and holds what to ask with the next time; a refusal is for the page to say in its own words. I/O thread.
 */
import { randomBytes } from 'node:crypto';
import { BROWSER_FORMAT } from '../../audio/audio-format.ts';
import type { Clock } from '../../clock.ts';
import { readToken } from '../../protocol/tokens.ts';
import type { Admission } from '../admission.ts';
import type { CallDoor } from '../call-door.ts';
import { type Exchange, MAX_BODY_BYTES } from '../exchange.ts';
import type { NextOfCall } from '../next-of-call.ts';
import { type Problem, problemAnswer } from '../problem.ts';
import type { QuietLog } from '../quiet-log.ts';
import type { Readiness } from '../readiness.ts';
import { STREAM_TOKEN_MS, type StreamTokens } from '../stream-tokens.ts';
import type { WarmWait } from '../warm-wait.ts';
import type { AddressLimit } from './address-limit.ts';
import { BROWSER_CALLER } from './browser-caller.ts';
import type { BrowserGate } from './browser-gate.ts';
import { BROWSER_SOCKET_PATH } from './browser-socket.ts';
import type { ClientAddress } from './client-address.ts';
import { SESSION_PROBLEMS, tooMany } from './session-problems.ts';
import { readSessionRequest } from './session-request.ts';

export const SESSIONS_PATH = '/api/sessions';

export interface SessionsParts {
  readonly gate: BrowserGate;
  readonly clientAddress: ClientAddress;
  readonly limit: AddressLimit;
  readonly admission: Admission;
  readonly readiness: Readiness;
  readonly warmWait: WarmWait;
  readonly door: CallDoor;
  readonly next: Pick<NextOfCall, 'find'>;
  readonly tokens: StreamTokens;
  readonly clock: Clock;
  readonly log: QuietLog;
  readonly sessionKey: Buffer;
  readonly publicUrl: string | null;
}

export class Sessions {
  readonly #parts: SessionsParts;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  async answer(exchange: Exchange): Promise<void> {
    const problem = await this.#serve(exchange);
    if (problem !== null) this.#refuse(exchange, problem);
  }

  /** Null: the exchange was answered, or its peer is gone. */
  async #serve(exchange: Exchange): Promise<Problem | null> {
    const { clientAddress, gate, limit, warmWait } = this.#parts;
    const refusal = gate.refusalOf(exchange);
    if (refusal !== null) return refusal;
    const waitMs = limit.waitMs(clientAddress.of(exchange));
    if (waitMs > 0) return tooMany(waitMs);
    if (Number(exchange.header('content-length')) > MAX_BODY_BYTES) return SESSION_PROBLEMS.badRequest;
    const body = await exchange.readBody();
    if (body === null) return null;
    const request = readSessionRequest(body.toString('utf8'));
    if (request === null) return SESSION_PROBLEMS.badRequest;
    await warmWait.wait();
    return request.callToken === null ? this.#begin(exchange) : this.#resume(exchange, request.callToken);
  }

  #begin(exchange: Exchange): Problem | null {
    const { admission, readiness } = this.#parts;
    if (readiness.leaving !== 'no') return SESSION_PROBLEMS.draining;
    if (!readiness.isWarm) return SESSION_PROBLEMS.notReady;
    const callSid = `CA${randomBytes(16).toString('hex')}`;
    if (admission.request(callSid, BROWSER_CALLER) === 'full') return SESSION_PROBLEMS.full;
    this.#connect(exchange, callSid, 0);
    return null;
  }

  async #resume(exchange: Exchange, callToken: string): Promise<Problem | null> {
    const { admission, clock, next, readiness, sessionKey } = this.#parts;
    const token = readToken(callToken, 'page call', sessionKey, clock.wallMs());
    if (token.status === 'malformed' || token.status === 'forged') return SESSION_PROBLEMS.badToken;
    if (token.status === 'expired') return SESSION_PROBLEMS.callOver;
    const { attempt, callSid } = token.claims;
    const found = await next.find(callSid, attempt);
    if (found === null) return SESSION_PROBLEMS.notReady;
    // Whatever else comes next was said on the stream, or is a telephone's to carry out.
    if (found.step.kind !== 'resume') return SESSION_PROBLEMS.callOver;
    if (readiness.leaving === 'ending') return SESSION_PROBLEMS.draining;
    if (!readiness.isWarm) return SESSION_PROBLEMS.notReady;
    // As for a telephone: who was in keeps the slot.
    if (found.hadStream) admission.renew(callSid, BROWSER_CALLER);
    else if (admission.request(callSid, BROWSER_CALLER) === 'full') return SESSION_PROBLEMS.full;
    this.#connect(exchange, callSid, found.step.attempt);
    return null;
  }

  #connect(exchange: Exchange, callSid: string, attempt: number): void {
    const { door, tokens } = this.#parts;
    const { codec, sampleRateHz } = BROWSER_FORMAT;
    const session = {
      callSid,
      streamUrl: `${this.#prefixOf(exchange)}${BROWSER_SOCKET_PATH}${tokens.mint(callSid, attempt, 'page stream')}`,
      callToken: door.callToken(callSid, attempt, 'page call'),
      expiresInSeconds: STREAM_TOKEN_MS / 1000,
      play: { codec, sampleRateHz },
    };
    exchange.answer({
      status: '201 Created',
      contentType: 'application/json',
      body: `${JSON.stringify(session)}\n`,
    });
  }

  /** Of the path as the page sees it: a proxy may have taken the public one off. */
  #prefixOf(exchange: Exchange): string {
    const { publicUrl } = this.#parts;
    const isPublic = publicUrl !== null && exchange.localHost === null;
    return isPublic
      ? new URL(publicUrl).pathname.replace(/\/+$/, '')
      : exchange.path.slice(0, -SESSIONS_PATH.length);
  }

  #refuse(exchange: Exchange, problem: Problem): void {
    const { code, status } = problem;
    const fields = { event: 'request.refused', code: status, reason: code };
    this.#parts.log.warn(fields, 'a session was refused', `session ${code}`);
    exchange.answer(problemAnswer(problem));
  }
}
