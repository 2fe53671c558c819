/**
 * The TwiML documents that carry a call on, as XML text; those that must work with everything else dead are in
 * plain-twiml.ts. Pure; built with the official package's light path, which escapes; text that XML cannot hold (control
 * characters, half surrogates) is dropped before. All stay far below Twilio's 64 kB.
 */
import VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js';
import { InvalidStateError } from '../errors.ts';
import { isPhoneNumber, isSipAddress } from './call-sid.ts';
import { toXmlText } from './plain-twiml.ts';

export interface ConnectStream {
  /** `wss://` (or `ws://` on this machine), with no query: Twilio drops or refuses one. */
  readonly streamUrl: string;
  /** Fetched when the stream ends; may carry `RETRY_FRAGMENT`. */
  readonly actionUrl: string;
  /** Given back with the stream's `start`, as strings; name and value together stay under 500 characters. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * Connects the call to a media stream. Nothing follows `<Connect>`: with an action, Twilio runs no later verb.
 * Throws InvalidStateError for a URL that Twilio would refuse.
 */
export function connectStream({ streamUrl, actionUrl, parameters = {} }: ConnectStream): string {
  if (!/^wss?:\/\/[^?#\s]+$/.test(streamUrl)) {
    throw new InvalidStateError('Expected a wss URL without query for streamUrl, received another');
  }
  const response = new VoiceResponse();
  const connect = response.connect({ action: toXmlText(actionUrl), method: 'POST' });
  const stream = connect.stream({ url: toXmlText(streamUrl) });
  for (const [name, value] of Object.entries(parameters)) stream.parameter({ name, value: toXmlText(value) });
  return response.toString();
}

/** Ends the call. */
export function hangup(): string {
  const response = new VoiceResponse();
  response.hangup();
  return response.toString();
}

export interface DialOptions {
  /** Fetched when nobody answers, or when whoever did has hung up; may carry `RETRY_FRAGMENT`. */
  readonly actionUrl: string;
  /** Fetched for whoever answers, before the two are joined; null: they are joined at once. */
  readonly whisperUrl: string | null;
  readonly ringSeconds: number;
}

/**
 * Transfers to a phone number in E.164 form or a `sip:` address. Throws InvalidStateError for anything else: a flow's
 * targets are checked when it is loaded. https://www.twilio.com/docs/voice/twiml/dial
 */
export function dial(to: string, { actionUrl, ringSeconds, whisperUrl }: DialOptions): string {
  const response = new VoiceResponse();
  const verb = response.dial({ action: toXmlText(actionUrl), method: 'POST', timeout: ringSeconds });
  const noun = whisperUrl === null ? {} : { url: toXmlText(whisperUrl), method: 'POST' };
  if (isPhoneNumber(to)) verb.number(noun, to);
  else if (isSipAddress(to)) verb.sip(noun, to);
  else throw new InvalidStateError('Expected an E.164 number or a sip: address for to, received other text');
  return response.toString();
}
