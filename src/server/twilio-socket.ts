/**
 * `/ws/twilio/{streamToken}`: the upgrade's checks, and the way of each socket event to its stream. What a message means is
 * the media plane's. I/O thread.
 */
import { checkUpgradeSignature } from '../protocol/signature.ts';
import type { TokenClaims } from '../protocol/tokens.ts';
import type { SocketStream, StreamHooks } from './call-stream.ts';
import { type ClaimParts, type ClaimRefusal, claimStream } from './claim-stream.ts';
import { type Exchange, textAnswer } from './exchange.ts';
import type { SocketRoute } from './guarded-app.ts';
import type { LiveCall } from './live-call.ts';
import type { LiveCallSurroundings } from './live-call-surroundings.ts';
import type { OpenSocket } from './open-socket.ts';
import type { PublicAddress } from './public-address.ts';
import type { QuietLog } from './quiet-log.ts';
import type { StreamTokens } from './stream-tokens.ts';
import type { WebhookGate } from './webhook-gate.ts';

export const TWILIO_SOCKET_PATH = '/ws/twilio/';

/** `call`: what the stream's token says. */
export type OpenStream = (
  socket: OpenSocket,
  hooks: StreamHooks,
  call: { readonly callSid: string; readonly attempt: number },
) => SocketStream;

/** What is kept with a socket. */
export interface TwilioSocketState {
  readonly claims: TokenClaims;
  call: LiveCall | null;
  stream: SocketStream | null;
}

export interface TwilioSocketParts extends ClaimParts {
  readonly gate: WebhookGate;
  readonly address: PublicAddress;
  readonly around: LiveCallSurroundings;
  readonly openStream: OpenStream;
  readonly tokens: StreamTokens;
  readonly log: QuietLog;
  readonly authToken: string | null;
}

const CLAIM_REFUSALS = {
  ending: { status: '503 Service Unavailable', reason: 'This server is shutting down' },
  full: { status: '503 Service Unavailable', reason: 'Every slot is taken, and this call holds none' },
  used: { status: '403 Forbidden', reason: 'Expected a token that was not used before' },
} as const satisfies Record<ClaimRefusal, { readonly status: string; readonly reason: string }>;

export class TwilioSocket implements SocketRoute<TwilioSocketState> {
  readonly #parts: TwilioSocketParts;

  constructor(parts: TwilioSocketParts) {
    this.#parts = parts;
  }

  accept(exchange: Exchange): TwilioSocketState | null {
    const { gate, tokens } = this.#parts;
    if (!gate.admitsOrigin(exchange)) return null;
    const token = tokens.read(exchange.parameter);
    if (token.status === 'malformed' || token.status === 'forged') {
      return this.#refuse(exchange, '404 Not Found', 'There is nothing at this path');
    }
    if (token.status === 'expired') {
      return this.#refuse(exchange, '403 Forbidden', 'Expected a token that has not expired');
    }
    if (!this.#isSigned(exchange)) {
      const reason = 'Expected a signature of this request by the configured auth token and public address';
      return this.#refuse(exchange, '403 Forbidden', reason);
    }
    const refusal = claimStream(this.#parts, token.claims);
    if (refusal !== null) {
      const { reason, status } = CLAIM_REFUSALS[refusal];
      return this.#refuse(exchange, status, reason);
    }
    return { claims: token.claims, call: null, stream: null };
  }

  open(socket: OpenSocket, state: TwilioSocketState): void {
    const { admission, around, directory, openStream } = this.#parts;
    const { callSid, attempt } = state.claims;
    const caller = admission.callerOf(callSid);
    state.call = directory.open({ callSid, attempt, caller }, around, admission, (hooks) => {
      state.stream = openStream(socket, hooks, { callSid, attempt });
      return state.stream;
    });
  }

  message(_socket: OpenSocket, state: TwilioSocketState, message: ArrayBuffer, isBinary: boolean): void {
    state.stream?.receive(message, isBinary);
  }

  drain(_socket: OpenSocket, state: TwilioSocketState): void {
    state.stream?.drained();
  }

  ping(_socket: OpenSocket, state: TwilioSocketState): void {
    state.stream?.pinged();
  }

  pong(_socket: OpenSocket, state: TwilioSocketState): void {
    state.stream?.pong();
  }

  /** Over the backpressure limit: uWebSockets.js closes the socket. */
  dropped(_socket: OpenSocket, state: TwilioSocketState): void {
    state.call?.end('peer does not read');
  }

  close(_socket: OpenSocket, state: TwilioSocketState): void {
    const { call, stream } = state;
    // A stream that ends itself closes its socket first, which leads here, and gives its reason just after. Whatever
    // becomes of that: a call without a socket has ended by the end of this turn.
    setImmediate(() => call?.end('stream lost'));
    stream?.socketClosed();
  }

  #isSigned(exchange: Exchange): boolean {
    const { address, authToken } = this.#parts;
    if (authToken === null) return true;
    const publicUrl = address.streamBase(exchange);
    if (publicUrl === null || exchange.headerCount('x-twilio-signature') !== 1) return false;
    return checkUpgradeSignature({
      authToken,
      publicUrl,
      path: TWILIO_SOCKET_PATH + exchange.parameter,
      signature: exchange.header('x-twilio-signature'),
    }).valid;
  }

  #refuse(exchange: Exchange, status: string, reason: string): null {
    const fields = { event: 'upgrade.refused', code: status, reason };
    this.#parts.log.warn(fields, 'an upgrade was refused', `upgrade ${status}`);
    exchange.answer(textAnswer(status, reason, true));
    return null;
  }
}
