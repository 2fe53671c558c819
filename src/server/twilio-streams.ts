/** Makes the media stream of a Twilio socket: receiver, transport, stream, and its journal where calls are recorded. I/O thread. */
import type { Addon } from '../audio/addon-types.ts';
import { TELEPHONE_FORMAT } from '../audio/audio-format.ts';
import { JournaledStream } from '../media/journaled-stream.ts';
import type { MediaPlane } from '../media/media-plane.ts';
import { MediaStream } from '../media/media-stream.ts';
import type { MediaStreamLimits } from '../media/media-stream-hooks.ts';
import { TwilioTransport } from '../media/twilio-transport.ts';
import type { JournalKeeper } from './journal-keeper.ts';
import type { OpenStream } from './twilio-socket.ts';

/** `addon` gives the native receiver, one a stream; the stream closes it. */
export function twilioStreams(
  plane: MediaPlane,
  addon: Pick<Addon, 'StreamReceiver'>,
  limits: MediaStreamLimits,
  journals: JournalKeeper | null = null,
): OpenStream {
  const { codec, sampleRateHz } = TELEPHONE_FORMAT;
  return (socket, hooks, call) => {
    const receiver = new addon.StreamReceiver({ codec, sampleRateHz });
    const kept = journals?.open(call, limits) ?? null;
    if (kept === null)
      return new MediaStream(plane, new TwilioTransport(socket, receiver, true), hooks, limits);
    return new JournaledStream({
      journal: kept.journal,
      audioNames: kept.audio,
      originAtMs: kept.openedAtMs,
      hooks: kept.watching(hooks),
      plane,
      socket,
      receiver,
      limits,
    });
  };
}
