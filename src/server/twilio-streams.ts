/** Makes the media stream of a Twilio socket: receiver, transport, stream, and its record where calls are recorded. I/O thread. */
import type { Addon } from '../audio/addon-types.ts';
import { TELEPHONE_FORMAT } from '../audio/audio-format.ts';
import { JournaledStream } from '../media/journaled-stream.ts';
import type { MediaPlane } from '../media/media-plane.ts';
import { MediaStream } from '../media/media-stream.ts';
import type { MediaStreamLimits } from '../media/media-stream-hooks.ts';
import { TwilioTransport } from '../media/twilio-transport.ts';
import type { CallRecorder } from './call-recorder.ts';
import type { OpenStream } from './twilio-socket.ts';

/** `addon` gives the native receiver, one a stream; the stream closes it. */
export function twilioStreams(
  plane: MediaPlane,
  addon: Pick<Addon, 'StreamReceiver'>,
  limits: MediaStreamLimits,
  recorder: CallRecorder | null = null,
): OpenStream {
  const { codec, sampleRateHz } = TELEPHONE_FORMAT;
  return (socket, hooks, call) => {
    const receiver = new addon.StreamReceiver({ codec, sampleRateHz });
    const record = recorder?.open(call, limits) ?? null;
    if (record === null) return new MediaStream(plane, new TwilioTransport(socket, receiver), hooks, limits);
    return new JournaledStream({
      journal: record.journal,
      audioNames: record.audio,
      originAtMs: record.openedAtMs,
      hooks: record.watching(hooks),
      plane,
      socket,
      receiver,
      limits,
    });
  };
}
