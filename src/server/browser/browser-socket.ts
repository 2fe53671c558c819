/**
 * `/ws/voice/{streamToken}`: the upgrade's checks, the page's first message, and from then on the way of each socket event to its
 * stream. A page is told nothing of an upgrade that is refused, so what its token is refused for is told by a close. I/O thread.
 *
 *   state    event                                             next state
 *   waiting  the first message is a start at a rate of ours     live: the call's stream is opened with it
 *   waiting  any other; 10 s passed; pings without end          closed, 1008
 *   live     any                                                the stream's
 */
import { isSampleRateHz, SAMPLE_RATES_HZ } from '../../audio/audio-format.ts';
import type { Clock, Timer } from '../../clock.ts';
import { BROWSER_TEXT_MAX_BYTES, parseBrowserMessage } from '../../protocol/browser-messages.ts';
import type { TokenClaims } from '../../protocol/tokens.ts';
import type { SocketStream } from '../call-stream.ts';
import { type ClaimParts, type ClaimRefusal, claimStream } from '../claim-stream.ts';
import type { Exchange } from '../exchange.ts';
import type { SocketRoute } from '../guarded-app.ts';
import type { LiveCall } from '../live-call.ts';
import type { LiveCallSurroundings } from '../live-call-surroundings.ts';
import type { OpenSocket } from '../open-socket.ts';
import { problemAnswer } from '../problem.ts';
import type { QuietLog } from '../quiet-log.ts';
import type { StreamTokens } from '../stream-tokens.ts';
import { BROWSER_CALLER } from './browser-caller.ts';
import type { BrowserGate } from './browser-gate.ts';
import type { OpenBrowserStream } from './browser-streams.ts';

export const BROWSER_SOCKET_PATH = '/ws/voice/';

/** As a telephone's stream; its slot is kept no longer. */
const START_MAX_MS = 10_000;
const EARLY_PINGS_MAX = 20;

interface Refusal {
  /** RFC 6455, 7.4.1: 1008 for what will be refused again, 1013 for what may be tried again later, 1001 for a server that goes. */
  readonly closeCode: 1001 | 1008 | 1013;
  readonly reason: string;
}

const CLAIM_REFUSALS = {
  ending: { closeCode: 1001, reason: 'shutting down' },
  full: { closeCode: 1013, reason: 'Every slot is taken, and this call holds none' },
  used: { closeCode: 1008, reason: 'Expected a token that was not used before' },
} as const satisfies Record<ClaimRefusal, Refusal>;

/** What is kept with a socket. */
interface BrowserSocketState {
  readonly claims: TokenClaims | null;
  /** Told and closed as soon as it is open. */
  readonly refusal: Refusal | null;
  startTimer: Timer | null;
  earlyPings: number;
  call: LiveCall | null;
  stream: SocketStream | null;
}

export interface BrowserSocketParts extends ClaimParts {
  readonly gate: BrowserGate;
  readonly around: LiveCallSurroundings;
  readonly openStream: OpenBrowserStream;
  readonly tokens: StreamTokens;
  readonly clock: Clock;
  readonly log: QuietLog;
  /** Nobody asks what comes after a stream of this call. */
  readonly answered: (callSid: string) => void;
}

export class BrowserSocket implements SocketRoute<BrowserSocketState> {
  readonly #parts: BrowserSocketParts;

  constructor(parts: BrowserSocketParts) {
    this.#parts = parts;
  }

  accept(exchange: Exchange): BrowserSocketState | null {
    const problem = this.#parts.gate.refusalOf(exchange);
    if (problem !== null) {
      this.#logRefusal(problem.code);
      exchange.answer(problemAnswer(problem));
      return null;
    }
    const admitted = this.#admit(exchange.parameter);
    const common = { startTimer: null, earlyPings: 0, call: null, stream: null };
    return 'closeCode' in admitted
      ? { claims: null, refusal: admitted, ...common }
      : { claims: admitted, refusal: null, ...common };
  }

  #admit(text: string): TokenClaims | Refusal {
    const token = this.#parts.tokens.read(text, 'page stream');
    if (token.status === 'malformed' || token.status === 'forged') {
      return { closeCode: 1008, reason: 'Expected a token of this server, received another' };
    }
    if (token.status === 'expired') {
      return { closeCode: 1008, reason: 'Expected a token that has not expired' };
    }
    const refusal = claimStream(this.#parts, token.claims, BROWSER_CALLER);
    return refusal === null ? token.claims : CLAIM_REFUSALS[refusal];
  }

  open(socket: OpenSocket, state: BrowserSocketState): void {
    if (state.refusal !== null) {
      this.#refuse(socket, state.refusal.reason, state.refusal.closeCode);
      return;
    }
    state.startTimer = this.#parts.clock.setTimer(START_MAX_MS, () =>
      this.#refuse(socket, `Expected a start within ${START_MAX_MS / 1000} s, received none`),
    );
  }

  message(socket: OpenSocket, state: BrowserSocketState, message: ArrayBuffer, isBinary: boolean): void {
    if (state.stream !== null) state.stream.receive(message, isBinary);
    else if (socket.isOpen && state.claims !== null)
      this.#start(socket, state, state.claims, message, isBinary);
  }

  #start(
    socket: OpenSocket,
    state: BrowserSocketState,
    { attempt, callSid }: TokenClaims,
    message: ArrayBuffer,
    isBinary: boolean,
  ): void {
    if (isBinary || message.byteLength > BROWSER_TEXT_MAX_BYTES) {
      this.#refuse(socket, `Expected a start for the first message, received ${isBinary ? 'audio' : 'more'}`);
      return;
    }
    const parsed = parseBrowserMessage(Buffer.from(message).toString('utf8'));
    if (!parsed.ok || parsed.message.event !== 'start') {
      this.#refuse(
        socket,
        parsed.ok ? 'Expected a start for the first message, received another' : parsed.detail,
      );
      return;
    }
    const { sampleRateHz } = parsed.message;
    if (!isSampleRateHz(sampleRateHz)) {
      this.#refuse(
        socket,
        `Expected one of ${SAMPLE_RATES_HZ.join(', ')} for sampleRateHz, received another`,
      );
      return;
    }
    const { admission, around, directory, openStream } = this.#parts;
    this.#stopWaiting(state);
    const stream = { callSid, attempt, caller: BROWSER_CALLER };
    state.call = directory.open(stream, around, admission, (hooks) => {
      state.stream = openStream(socket, hooks, { callSid, sampleRateHz });
      return state.stream;
    });
    state.stream?.receive(message, false);
  }

  drain(_socket: OpenSocket, state: BrowserSocketState): void {
    state.stream?.drained();
  }

  ping(socket: OpenSocket, state: BrowserSocketState): void {
    if (state.stream !== null) state.stream.pinged();
    else if (++state.earlyPings > EARLY_PINGS_MAX) this.#refuse(socket, 'Expected a start, received pings');
  }

  pong(_socket: OpenSocket, state: BrowserSocketState): void {
    state.stream?.pong();
  }

  /** Over the backpressure limit: uWebSockets.js closes the socket. */
  dropped(_socket: OpenSocket, state: BrowserSocketState): void {
    state.call?.end('peer does not read');
  }

  close(_socket: OpenSocket, state: BrowserSocketState, closeCode: number): void {
    const { call, claims, stream } = state;
    this.#stopWaiting(state);
    if (closeCode === 1009) {
      this.#logRefusal('Expected at most 64 KiB for a message, received more');
      call?.end('protocol violation');
    }
    // As of a telephone's socket: a stream that ends itself gives its reason just after.
    setImmediate(() => {
      call?.end('stream lost');
      if (claims !== null) this.#parts.answered(claims.callSid);
    });
    stream?.socketClosed();
  }

  #stopWaiting(state: BrowserSocketState): void {
    if (state.startTimer !== null) this.#parts.clock.clearTimer(state.startTimer);
    state.startTimer = null;
  }

  #refuse(socket: OpenSocket, reason: string, closeCode: Refusal['closeCode'] = 1008): void {
    if (!socket.isOpen) return;
    this.#logRefusal(reason);
    socket.end(closeCode, reason);
  }

  #logRefusal(reason: string): void {
    const fields = { event: 'stream.refused', reason };
    this.#parts.log.warn(fields, "a browser's stream was refused", `browser stream ${reason}`);
  }
}
