/** Makes the media stream of a Twilio socket: receiver, transport, stream. I/O thread. */
import type { Addon } from '../audio/addon-types.ts';
import { TELEPHONE_FORMAT } from '../audio/audio-format.ts';
import type { MediaPlane } from '../media/media-plane.ts';
import { MediaStream } from '../media/media-stream.ts';
import type { MediaStreamLimits } from '../media/media-stream-hooks.ts';
import { TwilioTransport } from '../media/twilio-transport.ts';
import type { OpenStream } from './twilio-socket.ts';

/** `addon` gives the native receiver, one a stream; the stream closes it. */
export function twilioStreams(
  plane: MediaPlane,
  addon: Pick<Addon, 'StreamReceiver'>,
  limits: MediaStreamLimits,
): OpenStream {
  const { codec, sampleRateHz } = TELEPHONE_FORMAT;
  return (socket, hooks) => {
    const receiver = new addon.StreamReceiver({ codec, sampleRateHz });
    return new MediaStream(plane, new TwilioTransport(socket, receiver), hooks, limits);
  };
}
