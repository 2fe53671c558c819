/**
 * Reads `<Stream>` inside `<Connect>` as Twilio does, before it connects anywhere.
 * https://www.twilio.com/docs/voice/twiml/stream
 */
import type { Verb } from './twiml-document.ts';

/** Where and as what a stream is to be opened. */
export interface StreamTarget {
  readonly url: string;
  /** Null: the stream is named by its sid. */
  readonly name: string | null;
  readonly statusUrl: string | null;
  readonly customParameters: Readonly<Record<string, string>>;
}

export type StreamNounReading =
  | ({ readonly ok: true } & StreamTarget)
  | { readonly ok: false; readonly code: number; readonly text: string };

/** Name and value of one parameter together stay under this. */
const PARAMETER_MAX_CHARACTERS = 500;

/** `insecure`: takes `ws` as well, which Twilio never does; for servers on this machine without a certificate. */
export function readStreamNoun(
  noun: Verb | undefined,
  baseUrl: string,
  insecure: boolean,
): StreamNounReading {
  if (noun === undefined) return refused(12200, 'Connect without Stream');
  const { url: given, track, statusCallback, name } = noun.attributes;
  if (given === undefined || given === '') return refused(31923, 'Stream without url');
  let url: URL;
  try {
    url = new URL(given, baseUrl.replace(/^http/, 'ws'));
  } catch {
    return refused(31923, 'malformed stream url');
  }
  if (url.protocol !== 'wss:' && !(insecure && url.protocol === 'ws:')) {
    return refused(31922, `stream url with scheme ${url.protocol.slice(0, -1)}`);
  }
  if (url.search !== '' || given.includes('?')) return refused(31920, 'stream url with a query string');
  if (track !== undefined && track !== 'inbound_track') return refused(31941, `track ${track}`);
  if (statusCallback !== undefined && !URL.canParse(statusCallback))
    return refused(31923, 'malformed statusCallback');
  const customParameters: Record<string, string> = {};
  for (const child of noun.children) {
    const { name: parameter = '', value = '' } = child.attributes;
    if (parameter.length + value.length >= PARAMETER_MAX_CHARACTERS) {
      return refused(31923, `parameter ${parameter.slice(0, 40)} of 500 characters or more`);
    }
    customParameters[parameter] = value;
  }
  return { ok: true, url: url.href, name: name ?? null, statusUrl: statusCallback ?? null, customParameters };
}

function refused(code: number, text: string): StreamNounReading {
  return { ok: false, code, text };
}
