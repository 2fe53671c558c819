/**
 * A carrier on this machine that acts as Twilio does, over real sockets: the demo, the load command and the tests place
 * their calls with it. Its rules are Twilio's; it shares no protocol code with the server. One thread, one timer for all
 * calls, so hundreds at once are cheap.
 */
import { randomBytes } from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import { type Clock, systemClock } from '../clock.ts';
import { InvalidStateError } from '../errors.ts';
import type { Network } from './network.ts';
import { createRandom, type Random } from './random.ts';
import { addressOf, type NetAddress, type Routing } from './routing.ts';
import { signRequest } from './sign-request.ts';
import { type CallOptions, SimulatedCall } from './simulated-call.ts';
import { type OpenStreamSocket, openStreamSocket, type StreamAddress } from './stream-socket.ts';
import { Ticker } from './ticker.ts';
import { fetchWebhook, type WebhookAnswer, type WebhookRequest, type WebhookSetting } from './webhook.ts';

export interface CarrierOptions {
  /** The secret that signs; what the server has as `TWILIO_AUTH_TOKEN`. */
  readonly authToken: string;
  readonly accountSid?: string;
  /** The server's address as the world knows it: `https://bot.example.org`. Signed, and sent as Host. */
  readonly publicUrl: string;
  /** Where that address really is. Default: where it says. */
  readonly connectTo?: NetAddress;
  /** More hosts that are elsewhere than they say (`host` or `host:port`): several nodes, several names. */
  readonly addresses?: Readonly<Record<string, NetAddress>>;
  /** The number's voice URL, relative to `publicUrl` or absolute; may carry a fragment. Default `/voice`. */
  readonly voiceUrl?: string;
  /**
   * Fetched, once, when a document cannot be had or run; as `voiceUrl`. Default: none, and the call then fails.
   */
  readonly fallbackUrl?: string;
  /** Take `ws` streams, as Twilio never does. For a server on this machine without TLS. */
  readonly insecure?: boolean;
  /** PEM of a certificate authority to trust. */
  readonly ca?: string;
  /** Changes the URL that a request or upgrade is signed over: for tests of signatures. */
  readonly signedUrl?: (url: string) => string;
  /** Between the carrier and the server; each attempt of a webhook takes one. Default 0. */
  readonly roundTripMs?: number;
  readonly clock?: Clock;
  /** Of noise and faults on the line. Default 1. */
  readonly seed?: number;
  readonly openSocket?: OpenStreamSocket;
}

/** What is still open. All zero when every call has ended and its sockets are gone. */
export interface CarrierCensus {
  readonly calls: number;
  readonly sockets: number;
  readonly tickers: number;
}

const ACCOUNT_SID = 'AC00000000000000000000000000000001';

export class SimulatedCarrier {
  readonly #options: CarrierOptions;
  readonly #clock: Clock;
  readonly #ticker: Ticker;
  readonly #random: Random;
  readonly #routing: Routing;
  readonly #webhook: WebhookSetting;
  readonly #network: Network;
  readonly #calls = new Set<SimulatedCall>();
  /** Names of all calls ever, for REST: some 100 bytes each. */
  readonly #known = new Set<string>();
  /** Timers of `Clock` keep no process alive, and a call between two requests has no socket: this does it. */
  readonly #alive = new MessageChannel().port1;
  #sockets = 0;
  #closed = false;
  #released: (() => void)[] = [];

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#ticker = new Ticker(this.#clock);
    this.#random = createRandom(options.seed ?? 1);
    const addresses = new Map(Object.entries(options.addresses ?? {}));
    if (options.connectTo !== undefined) addresses.set(new URL(options.publicUrl).host, options.connectTo);
    this.#routing = { addresses, ca: options.ca };
    this.#webhook = {
      clock: this.#clock,
      authToken: options.authToken,
      routing: this.#routing,
      signedUrl: options.signedUrl ?? ((url) => url),
      roundTripMs: options.roundTripMs ?? 0,
    };
    const base = options.publicUrl.replace(/\/+$/, '');
    const absolute = (url: string) => (url.startsWith('/') ? base + url : url);
    this.#network = {
      clock: this.#clock,
      ticker: this.#ticker,
      random: this.#random,
      accountSid: options.accountSid ?? ACCOUNT_SID,
      voiceUrl: absolute(options.voiceUrl ?? '/voice'),
      fallbackUrl: options.fallbackUrl === undefined ? null : absolute(options.fallbackUrl),
      insecure: options.insecure === true,
      openSocket: options.openSocket ?? openStreamSocket,
      newSid: (prefix) => prefix + randomBytes(16).toString('hex'),
      fetch: (request) => this.#fetch(request),
      streamAddress: (url) => this.#streamAddress(url),
      socketOpened: () => this.#socketOpened(),
      callEnded: (call) => this.#callEnded(call as SimulatedCall),
    };
  }

  /** The latest that a tick ran after its time. Gaps in a call's audio count only while this stays small. */
  get latenessMaxMs(): number {
    return this.#ticker.latenessMaxMs;
  }

  /** Calls the server. Returns at once; `ended` of the call tells the rest. Throws InvalidStateError after `close`. */
  placeCall(options: CallOptions = {}): SimulatedCall {
    if (this.#closed) throw new InvalidStateError('Expected an open carrier, received a call after close');
    const call = new SimulatedCall(this.#network, options.callSid ?? this.newCallSid(), options);
    this.#calls.add(call);
    this.#known.add(call.callSid);
    this.#alive.ref();
    return call;
  }

  newCallSid(): string {
    return this.#network.newSid('CA');
  }

  /** A callback: its answer does not matter, nor does its failure. */
  async post(url: string, parameters: ReadonlyMap<string, string>): Promise<void> {
    if (this.#closed) return;
    const idempotencyToken = this.#network.newSid('').toLowerCase();
    await this.#fetch({
      url,
      method: 'POST',
      parameters,
      idempotencyToken,
      signal: AbortSignal.timeout(20_000),
    });
  }

  /** A live call of this carrier. */
  callOf(callSid: string): SimulatedCall | null {
    for (const call of this.#calls) if (call.callSid === callSid) return call;
    return null;
  }

  /** Whether it ever had a call of that name. */
  knew(callSid: string): boolean {
    return this.#known.has(callSid);
  }

  census(): CarrierCensus {
    return { calls: this.#calls.size, sockets: this.#sockets, tickers: this.#ticker.members };
  }

  /** Hangs every call up and waits until their sockets are gone: a few seconds at the most. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const ending = [...this.#calls].map((call) => call.ended);
    for (const call of this.#calls) call.hangUp();
    await Promise.all(ending);
    if (this.#sockets > 0) {
      await new Promise<void>((resolve) => {
        this.#released.push(resolve);
      });
    }
    this.#alive.close();
  }

  async #fetch(request: WebhookRequest): Promise<WebhookAnswer> {
    const release = this.#socketOpened();
    try {
      return await fetchWebhook(request, this.#webhook);
    } finally {
      release();
    }
  }

  #streamAddress(url: string): StreamAddress {
    const target = new URL(url);
    const { host, port, tls } = addressOf(target, this.#routing);
    const place = host.includes(':') ? `[${host}]` : host;
    const signed = this.#webhook.signedUrl(url);
    return {
      url: `${tls ? 'wss' : 'ws'}://${place}:${port}${target.pathname}`,
      host: target.host,
      signature: signRequest(this.#options.authToken, signed),
      ca: this.#options.ca,
    };
  }

  #socketOpened(): () => void {
    this.#sockets += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#sockets -= 1;
      if (this.#sockets === 0) for (const resolve of this.#released.splice(0)) resolve();
    };
  }

  #callEnded(call: SimulatedCall): void {
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#alive.unref();
  }
}
