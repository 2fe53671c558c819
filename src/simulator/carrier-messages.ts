/**
 * The wire as Twilio writes and reads it: builds what the carrier sends (numbers as strings, as documented), and judges
 * what the server sends as strictly as the documentation allows. On purpose nothing of `protocol/` is used here.
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */

export interface StreamNames {
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
}

/** The first message; it alone has neither streamSid nor sequence number. */
export const CONNECTED_MESSAGE = '{"event":"connected","protocol":"Call","version":"1.0.0"}';

export function startMessage(
  sequence: number,
  names: StreamNames,
  customParameters: Readonly<Record<string, string>>,
): string {
  return JSON.stringify({
    event: 'start',
    sequenceNumber: String(sequence),
    start: {
      accountSid: names.accountSid,
      streamSid: names.streamSid,
      callSid: names.callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters,
    },
    streamSid: names.streamSid,
  });
}

/** `payload`: base64 of 20 ms. `chunk` counts from 1. Written by hand: this runs 50 times a second for each call. */
export function mediaMessage(
  sequence: number,
  chunk: number,
  timestampMs: number,
  payload: string,
  streamSid: string,
): string {
  return `{"event":"media","sequenceNumber":"${sequence}","media":{"track":"inbound","chunk":"${chunk}","timestamp":"${timestampMs}","payload":"${payload}"},"streamSid":"${streamSid}"}`;
}

/** Note `inbound_track`: that is how Twilio spells it here. */
export function dtmfMessage(sequence: number, digit: string, streamSid: string): string {
  return JSON.stringify({
    event: 'dtmf',
    streamSid,
    sequenceNumber: String(sequence),
    dtmf: { track: 'inbound_track', digit },
  });
}

export function markEcho(sequence: number, name: string, streamSid: string): string {
  return JSON.stringify({ event: 'mark', sequenceNumber: String(sequence), streamSid, mark: { name } });
}

export function stopMessage(sequence: number, names: StreamNames): string {
  return JSON.stringify({
    event: 'stop',
    sequenceNumber: String(sequence),
    streamSid: names.streamSid,
    stop: { accountSid: names.accountSid, callSid: names.callSid },
  });
}

export type ServerMessage =
  | { readonly kind: 'media'; readonly audio: Uint8Array }
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'clear' }
  /** Twilio drops it and warns 31951. */
  | { readonly kind: 'invalid'; readonly why: string };

/** Reads one text frame of the server's: exactly the documented fields, for exactly this stream. Never throws. */
export function readServerMessage(text: string, streamSid: string): ServerMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return invalid('not JSON');
  }
  if (!isObject(message)) return invalid('not an object');
  if (message.streamSid !== streamSid) return invalid('streamSid of another stream, or none');
  switch (message.event) {
    case 'media': {
      if (!hasOnly(message, ['event', 'streamSid', 'media']))
        return invalid('field beside event, streamSid, media');
      const { media } = message;
      if (!isObject(media) || !hasOnly(media, ['payload']))
        return invalid('media with other fields than payload');
      if (typeof media.payload !== 'string') return invalid('media.payload is no string');
      const audio = Buffer.from(media.payload, 'base64');
      // Node skips what is not base64; then the length does not come out.
      if (media.payload.length !== 4 * Math.ceil(audio.length / 3))
        return invalid('media.payload is not base64');
      return { kind: 'media', audio };
    }
    case 'mark': {
      if (!hasOnly(message, ['event', 'streamSid', 'mark']))
        return invalid('field beside event, streamSid, mark');
      const { mark } = message;
      if (!isObject(mark) || !hasOnly(mark, ['name'])) return invalid('mark with other fields than name');
      if (typeof mark.name !== 'string' || mark.name === '') return invalid('mark.name is no string');
      return { kind: 'mark', name: mark.name };
    }
    case 'clear':
      return hasOnly(message, ['event', 'streamSid'])
        ? { kind: 'clear' }
        : invalid('field beside event, streamSid');
    default:
      return invalid('unknown event');
  }
}

type Fields = Partial<Record<'event' | 'streamSid' | 'media' | 'mark' | 'payload' | 'name', unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasOnly(fields: Fields, names: readonly string[]): boolean {
  const present = Object.keys(fields);
  return present.length === names.length && present.every((name) => names.includes(name));
}

function invalid(why: string): ServerMessage {
  return { kind: 'invalid', why };
}
