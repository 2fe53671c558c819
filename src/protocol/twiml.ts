/**
 * Every TwiML document that Trunkline answers with, as XML text. Pure; built with the official package's light path, which
 * escapes; text that XML cannot hold (control characters, half surrogates) is dropped before. All stay far below Twilio's
 * 64 kB.
 */
import VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js';
import { InvalidStateError } from '../errors.ts';
import { isPhoneNumber, isSipAddress } from './call-sid.ts';

/**
 * Put behind the `action` URL: Twilio then tries five times more, on every kind of failure, so that a restart of ours is
 * survived. https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
export const RETRY_FRAGMENT = '#rc=5&rp=all';

/** What one spoken sentence may hold; Twilio takes 4,096 characters, a refusal needs fewer. */
const SPOKEN_MAX_CHARACTERS = 1000;
const PAUSE_MAX_SECONDS = 60;

export interface ConnectStream {
  /** `wss://` (or `ws://` on this machine), with no query: Twilio drops or refuses one. */
  readonly streamUrl: string;
  /** Fetched when the stream ends; may carry `RETRY_FRAGMENT`. */
  readonly actionUrl: string;
}

/**
 * Connects the call to a media stream. Nothing follows `<Connect>`: with an action, Twilio runs no later verb.
 * Throws InvalidStateError for a URL that Twilio would refuse.
 */
export function connectStream({ streamUrl, actionUrl }: ConnectStream): string {
  if (!/^wss?:\/\/[^?#\s]+$/.test(streamUrl)) {
    throw new InvalidStateError('Expected a wss URL without query for streamUrl, received another');
  }
  const response = new VoiceResponse();
  response.connect({ action: toXmlText(actionUrl), method: 'POST' }).stream({ url: toXmlText(streamUrl) });
  return response.toString();
}

/** Ends the call. */
export function hangup(): string {
  const response = new VoiceResponse();
  response.hangup();
  return response.toString();
}

/** Speaks one sentence in the carrier's own voice, then ends the call: full, draining, or speech is dead. */
export function sayAndHangup(
  text: string,
  language: NonNullable<VoiceResponse.SayAttributes['language']> = 'en-US',
): string {
  const response = new VoiceResponse();
  response.say({ language }, toXmlText(text).slice(0, SPOKEN_MAX_CHARACTERS));
  response.hangup();
  return response.toString();
}

/**
 * Transfers to a phone number in E.164 form or a `sip:` address. Throws InvalidStateError for anything else: a flow's
 * targets are checked when it is loaded.
 */
export function dial(to: string, options: { readonly callerId?: string } = {}): string {
  const response = new VoiceResponse();
  const verb = response.dial(options.callerId === undefined ? {} : { callerId: toXmlText(options.callerId) });
  if (isPhoneNumber(to)) verb.number(to);
  else if (isSipAddress(to)) verb.sip(to);
  else throw new InvalidStateError('Expected an E.164 number or a sip: address for to, received other text');
  return response.toString();
}

/** Lets the caller wait, then asks again at `url`. `seconds`: whole, 1 to 60. */
export function pauseAndRedirect(url: string, seconds: number): string {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > PAUSE_MAX_SECONDS) {
    throw new InvalidStateError(`Expected 1 to ${PAUSE_MAX_SECONDS} for seconds, received ${seconds}`);
  }
  const response = new VoiceResponse();
  response.pause({ length: seconds });
  response.redirect({ method: 'POST' }, toXmlText(url));
  return response.toString();
}

/** XML 1.0, section 2.2: what a document may hold. The builder throws on the rest. */
function toXmlText(text: string): string {
  return text.toWellFormed().replace(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, '');
}
