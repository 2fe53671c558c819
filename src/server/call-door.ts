/**
 * What both webhooks need to let a call in: whether we take calls now, slots, tokens, and the answer that connects a
 * stream. I/O thread.
 */
import type { Transfer } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { mintToken } from '../protocol/tokens.ts';
import { connectStream, dial } from '../protocol/twiml.ts';
import { CONTINUE_PATH, RETRY_FRAGMENT, WHISPER_PATH } from '../protocol/webhook-paths.ts';
import type { Caller } from './admission.ts';
import type { Answer, Exchange } from './exchange.ts';
import type { PublicAddress } from './public-address.ts';
import type { ServerSettings } from './server-settings.ts';
import type { StreamTokens } from './stream-tokens.ts';
import type { Webhook } from './webhook-gate.ts';

/** A call token outlives the longest call that drains by this. */
const CALL_TOKEN_SPARE_MS = 60_000;

export function twimlAnswer(twiml: string): Answer {
  return { status: '200 OK', contentType: 'text/xml; charset=utf-8', body: twiml };
}

export class CallDoor {
  readonly #settings: ServerSettings;
  readonly #address: PublicAddress;
  readonly #tokens: StreamTokens;
  readonly #clock: Clock;

  constructor(settings: ServerSettings, address: PublicAddress, tokens: StreamTokens, clock: Clock) {
    this.#settings = settings;
    this.#address = address;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /** TwiML that connects the call's stream number `attempt`; the stream brings along who rings whom, to whichever node. */
  connect(
    exchange: Exchange,
    { callSid, caller }: Webhook,
    attempt: number,
    isTransferFailed = false,
  ): Answer {
    const actionUrl = this.url(exchange, this.#continuePath(callSid, attempt));
    const streamBase = this.#address.streamBase(exchange) ?? '';
    return twimlAnswer(
      connectStream({
        streamUrl: `${streamBase}/ws/twilio/${this.#tokens.mint(callSid, attempt)}`,
        actionUrl: actionUrl + RETRY_FRAGMENT,
        parameters: { ...toParameters(caller), ...(isTransferFailed ? { transfer: 'failed' } : {}) },
      }),
    );
  }

  /** TwiML that puts the call through, and asks us again when nobody answers. */
  transfer(
    exchange: Exchange,
    callSid: string,
    attempt: number,
    { ringSeconds, to, whisper }: Transfer,
  ): Answer {
    const token = this.callToken(callSid, attempt);
    return twimlAnswer(
      dial(to, {
        actionUrl: this.url(exchange, CONTINUE_PATH + token) + RETRY_FRAGMENT,
        whisperUrl: whisper === '' ? null : this.url(exchange, WHISPER_PATH + token),
        ringSeconds,
      }),
    );
  }

  /** Where to ask about the call when nobody has asked us; null where no public address is configured. */
  continueUrl(callSid: string, attempt: number): string | null {
    const { publicUrl } = this.#settings;
    return publicUrl === null ? null : publicUrl + this.#continuePath(callSid, attempt) + RETRY_FRAGMENT;
  }

  /** How long a call may be on, and come back: the life of its token. */
  get callLifeMs(): number {
    const { callMaxSeconds, drainSeconds } = this.#settings;
    return (callMaxSeconds + drainSeconds) * 1000 + CALL_TOKEN_SPARE_MS;
  }

  /** A path of ours as the carrier must ask for it. */
  url(exchange: Exchange, path: string): string {
    return (this.#address.webhookBase(exchange) ?? '') + path;
  }

  /** Names the call and its stream number `attempt` for as long as the call may come back. */
  callToken(callSid: string, attempt: number, kind: 'call' | 'page call' = 'call'): string {
    const expiresAtMs = this.#clock.wallMs() + this.callLifeMs;
    return mintToken(kind, { callSid, attempt, expiresAtMs }, this.#settings.sessionKey);
  }

  #continuePath(callSid: string, attempt: number): string {
    return CONTINUE_PATH + this.callToken(callSid, attempt);
  }
}

/** What the webhook gate let through: numbers, addresses, `anonymous`. */
function toParameters({ direction, from, to }: Caller): Readonly<Record<string, string>> {
  return {
    ...(from === '' ? {} : { from }),
    ...(to === '' ? {} : { to }),
    ...(direction === undefined ? {} : { direction }),
  };
}
