/**
 * The wire messages of Twilio's bidirectional media streams: reads those that the native fast path leaves over, builds
 * those that we send. Pure; I/O thread. Not for media at 50 a second: that is `StreamReceiver.receive`.
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
import { InvalidStateError } from '../errors.ts';
import { isAccountSid, isCallSid, isStreamSid } from './call-sid.ts';

export type TwilioMessage =
  | { readonly event: 'connected' }
  | StartMessage
  | {
      readonly event: 'media';
      readonly streamSid: string;
      readonly track: 'inbound' | 'outbound';
      /** Base64, not yet looked at. */
      readonly payload: string;
      /** Null where the peer gave none. */
      readonly timestampMs: number | null;
    }
  | { readonly event: 'dtmf'; readonly streamSid: string; readonly digit: string }
  | { readonly event: 'mark'; readonly streamSid: string; readonly name: string }
  | { readonly event: 'stop'; readonly streamSid: string; readonly callSid: string | null }
  /** An event that is not in the documentation: counted and ignored. */
  | { readonly event: 'unknown' };

export interface StartMessage {
  readonly event: 'start';
  readonly streamSid: string;
  readonly callSid: string;
  readonly accountSid: string;
  /** At most `PARAMETERS_MAX`. */
  readonly customParameters: ReadonlyMap<string, string>;
}

export type ParsedMessage =
  | { readonly ok: true; readonly message: TwilioMessage }
  | {
      readonly ok: false;
      /** `unsupported format`: a good `start` of a stream that is not mu-law, 8,000 Hz, one channel. */
      readonly reason: 'not json' | 'not an object' | 'wrong field' | 'unsupported format';
      /** "Expected X for NAME, received VALUE": names types, never a caller's words. */
      readonly detail: string;
    };

/** Twilio bounds name and value together (under 500 characters), not their number. */
const PARAMETERS_MAX = 100;
const PARAMETER_MAX_CHARACTERS = 500;
const MARK_NAME_MAX_CHARACTERS = 256;
const DIGIT = /^[0-9A-D*#]$/;
const MEDIA_SUFFIX: Uint8Array = new TextEncoder().encode('"}}');

/** Every field that we read, at whatever level; nothing is known of its type. */
type Fields = Readonly<
  Partial<
    Record<
      | 'event'
      | 'streamSid'
      | 'start'
      | 'media'
      | 'dtmf'
      | 'mark'
      | 'stop'
      | 'callSid'
      | 'accountSid'
      | 'mediaFormat'
      | 'encoding'
      | 'sampleRate'
      | 'channels'
      | 'customParameters'
      | 'payload'
      | 'track'
      | 'timestamp'
      | 'digit'
      | 'name',
      unknown
    >
  >
>;

/**
 * Reads one text frame. Never throws. Tolerates unknown fields and a number where Twilio writes a string; whatever has the
 * wrong type or shape comes back as an error.
 */
export function parseTwilioMessage(text: string): ParsedMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'not json', detail: 'Expected JSON for the message, received other text' };
  }
  if (!isFields(value)) {
    const detail = `Expected an object for the message, received ${describe(value)}`;
    return { ok: false, reason: 'not an object', detail };
  }
  switch (value.event) {
    case 'connected':
      return { ok: true, message: { event: 'connected' } };
    case 'start':
      return parseStart(value);
    case 'media':
      return parseMedia(value);
    case 'dtmf':
      return parseDtmf(value);
    case 'mark':
      return parseMark(value);
    case 'stop':
      return parseStop(value);
    default:
      if (typeof value.event !== 'string') return wrongField('event', 'a string', value.event);
      return { ok: true, message: { event: 'unknown' } };
  }
}

function parseStart(message: Fields): ParsedMessage {
  const start = message.start;
  if (!isFields(start)) return wrongField('start', 'an object', start);
  const streamSid = message.streamSid ?? start.streamSid;
  if (!isStreamSid(streamSid)) return wrongField('streamSid', 'MZ and 32 hex digits', streamSid);
  if (start.streamSid !== undefined && start.streamSid !== streamSid) {
    return wrongField('start.streamSid', 'the streamSid of the message', start.streamSid);
  }
  const { callSid, accountSid, mediaFormat } = start;
  if (!isCallSid(callSid)) return wrongField('start.callSid', 'CA and 32 hex digits', callSid);
  if (!isAccountSid(accountSid)) return wrongField('start.accountSid', 'AC and 32 hex digits', accountSid);
  if (!isFields(mediaFormat)) return wrongField('start.mediaFormat', 'an object', mediaFormat);
  const { encoding } = mediaFormat;
  if (encoding !== 'audio/x-mulaw' || !is(mediaFormat.sampleRate, 8000) || !is(mediaFormat.channels, 1)) {
    const detail =
      'Expected audio/x-mulaw, 8000 Hz, 1 channel for start.mediaFormat, received another format';
    return { ok: false, reason: 'unsupported format', detail };
  }
  const given = start.customParameters ?? {};
  if (!isFields(given)) return wrongField('start.customParameters', 'an object', given);
  const entries = Object.entries(given);
  if (entries.length > PARAMETERS_MAX) {
    return wrongField('start.customParameters', `at most ${PARAMETERS_MAX} parameters`, given);
  }
  const customParameters = new Map<string, string>();
  for (const [name, parameter] of entries) {
    const text = toText(parameter);
    if (text === null || name.length + text.length > PARAMETER_MAX_CHARACTERS) {
      return wrongField('start.customParameters', `strings up to ${PARAMETER_MAX_CHARACTERS}`, parameter);
    }
    customParameters.set(name, text);
  }
  return { ok: true, message: { event: 'start', streamSid, callSid, accountSid, customParameters } };
}

function parseMedia(message: Fields): ParsedMessage {
  const { streamSid, media } = message;
  if (!isStreamSid(streamSid)) return wrongField('streamSid', 'MZ and 32 hex digits', streamSid);
  if (!isFields(media)) return wrongField('media', 'an object', media);
  const { payload, track } = media;
  if (typeof payload !== 'string') return wrongField('media.payload', 'a string', payload);
  if (track !== undefined && track !== 'inbound' && track !== 'outbound') {
    return wrongField('media.track', 'inbound or outbound', track);
  }
  const timestampMs = Number(toText(media.timestamp) ?? Number.NaN);
  return {
    ok: true,
    message: {
      event: 'media',
      streamSid,
      track: track ?? 'inbound',
      payload,
      timestampMs: Number.isFinite(timestampMs) ? timestampMs : null,
    },
  };
}

function parseDtmf(message: Fields): ParsedMessage {
  const { streamSid, dtmf } = message;
  if (!isStreamSid(streamSid)) return wrongField('streamSid', 'MZ and 32 hex digits', streamSid);
  if (!isFields(dtmf)) return wrongField('dtmf', 'an object', dtmf);
  const digit = toText(dtmf.digit);
  if (digit === null || !DIGIT.test(digit)) return wrongField('dtmf.digit', 'one key', dtmf.digit);
  return { ok: true, message: { event: 'dtmf', streamSid, digit } };
}

function parseMark(message: Fields): ParsedMessage {
  const { streamSid, mark } = message;
  if (!isStreamSid(streamSid)) return wrongField('streamSid', 'MZ and 32 hex digits', streamSid);
  if (!isFields(mark)) return wrongField('mark', 'an object', mark);
  const name = toText(mark.name);
  if (name === null || name.length > MARK_NAME_MAX_CHARACTERS) {
    return wrongField('mark.name', `a string up to ${MARK_NAME_MAX_CHARACTERS}`, mark.name);
  }
  return { ok: true, message: { event: 'mark', streamSid, name } };
}

function parseStop(message: Fields): ParsedMessage {
  const { streamSid, stop } = message;
  if (!isStreamSid(streamSid)) return wrongField('streamSid', 'MZ and 32 hex digits', streamSid);
  const callSid = isFields(stop) ? stop.callSid : undefined;
  return { ok: true, message: { event: 'stop', streamSid, callSid: isCallSid(callSid) ? callSid : null } };
}

/**
 * The bytes around a media message's base64: `prefix + base64 + suffix` is one message. Exactly the documented fields;
 * Twilio drops a message with any other (31951). Made once a stream and kept as long, so it takes memory of its own: a
 * slice of Node's pool would keep all 8 KiB of the pool. Throws InvalidStateError for a foreign shape.
 */
export function mediaEnvelope(streamSid: string): {
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
} {
  const prefix = `{"event":"media","streamSid":"${checked(streamSid)}","media":{"payload":"`;
  return { prefix: new TextEncoder().encode(prefix), suffix: MEDIA_SUFFIX };
}

/** Asks for an echo when all audio before it has been played or cleared. `name`: 1 to 256 characters. */
export function markMessage(streamSid: string, name: string): Buffer {
  if (name.length < 1 || name.length > MARK_NAME_MAX_CHARACTERS) {
    throw new InvalidStateError(
      `Expected 1 to ${MARK_NAME_MAX_CHARACTERS} characters for name, received ${name.length}`,
    );
  }
  return Buffer.from(
    `{"event":"mark","streamSid":"${checked(streamSid)}","mark":{"name":${JSON.stringify(name)}}}`,
  );
}

/** Empties Twilio's playback buffer; pending marks are echoed as if played. */
export function clearMessage(streamSid: string): Buffer {
  return Buffer.from(`{"event":"clear","streamSid":"${checked(streamSid)}"}`, 'latin1');
}

function checked(streamSid: string): string {
  if (isStreamSid(streamSid)) return streamSid;
  throw new InvalidStateError('Expected MZ and 32 hex digits for streamSid, received other text');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string as it is, a finite number as its text, else null. */
function toText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

function is(value: unknown, expected: number): boolean {
  return value === expected || (typeof value === 'string' && value.trim() === String(expected));
}

function wrongField(name: string, expected: string, received: unknown): ParsedMessage {
  const detail = `Expected ${expected} for ${name}, received ${describe(received)}`;
  return { ok: false, reason: 'wrong field', detail };
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return value === undefined ? 'nothing' : `a value of type ${typeof value}`;
}
