/**
 * What both webhooks need to let a call in: whether we take calls now, slots, tokens, and the answer that connects a
 * stream. I/O thread.
 */
import type { Clock } from '../clock.ts';
import { mintToken } from '../protocol/tokens.ts';
import { connectStream, RETRY_FRAGMENT } from '../protocol/twiml.ts';
import type { Answer, Exchange } from './exchange.ts';
import type { PublicAddress } from './public-address.ts';
import type { ServerSettings } from './server-settings.ts';

/** Life of a stream token. */
export const STREAM_TOKEN_MS = 60_000;
/** A call token outlives the longest call that drains by this. */
const CALL_TOKEN_SPARE_MS = 60_000;

export function twimlAnswer(twiml: string): Answer {
  return { status: '200 OK', contentType: 'text/xml; charset=utf-8', body: twiml };
}

export class CallDoor {
  readonly #settings: ServerSettings;
  readonly #address: PublicAddress;
  readonly #clock: Clock;

  constructor(settings: ServerSettings, address: PublicAddress, clock: Clock) {
    this.#settings = settings;
    this.#address = address;
    this.#clock = clock;
  }

  /** TwiML that connects the call's stream number `attempt`. */
  connect(exchange: Exchange, callSid: string, attempt: number): Answer {
    const { callMaxSeconds, drainSeconds, sessionKey } = this.#settings;
    const nowMs = this.#clock.wallMs();
    const callLifeMs = (callMaxSeconds + drainSeconds) * 1000 + CALL_TOKEN_SPARE_MS;
    const stream = { callSid, attempt, expiresAtMs: nowMs + STREAM_TOKEN_MS };
    const call = { callSid, attempt, expiresAtMs: nowMs + callLifeMs };
    const actionUrl = this.url(exchange, `/voice/continue/${mintToken('call', call, sessionKey)}`);
    const streamBase = this.#address.streamBase(exchange) ?? '';
    return twimlAnswer(
      connectStream({
        streamUrl: `${streamBase}/ws/twilio/${mintToken('stream', stream, sessionKey)}`,
        actionUrl: actionUrl + RETRY_FRAGMENT,
      }),
    );
  }

  /** A path of ours as the carrier must ask for it. */
  url(exchange: Exchange, path: string): string {
    return (this.#address.webhookBase(exchange) ?? '') + path;
  }
}
