/** What a message is that `TwilioTransport` sends, for a record of it: pure, and not for messages that come in. */
import type { ReadOutbound } from './journaled-socket.ts';

interface Sent {
  readonly event?: unknown;
  readonly media?: { readonly payload?: unknown };
  readonly mark?: { readonly name?: unknown };
}

export const readTwilioOutbound: ReadOutbound = (message) => {
  const text = Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString('utf8');
  const { event, mark, media } = JSON.parse(text) as Sent;
  if (event === 'media' && typeof media?.payload === 'string')
    return { kind: 'audio', bytes: Buffer.from(media.payload, 'base64') };
  if (event === 'mark' && typeof mark?.name === 'string') return { kind: 'mark', name: mark.name };
  return event === 'clear' ? { kind: 'clear' } : { kind: 'other', text };
};
