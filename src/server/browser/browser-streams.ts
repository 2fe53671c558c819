/** Makes the media stream of a browser's socket: receiver, transport, stream. No journal is kept of it. I/O thread. */
import { randomBytes } from 'node:crypto';
import type { Addon } from '../../audio/addon-types.ts';
import type { SampleRateHz } from '../../audio/audio-format.ts';
import { BrowserTransport } from '../../media/browser-transport.ts';
import type { MediaPlane } from '../../media/media-plane.ts';
import { MediaStream } from '../../media/media-stream.ts';
import type { MediaStreamLimits } from '../../media/media-stream-hooks.ts';
import type { SocketStream, StreamHooks } from '../call-stream.ts';
import type { OpenSocket } from '../open-socket.ts';

/** `callSid`: what the stream's token says. `sampleRateHz`: what the page's first message says. */
export type OpenBrowserStream = (
  socket: OpenSocket,
  hooks: StreamHooks,
  call: { readonly callSid: string; readonly sampleRateHz: SampleRateHz },
) => SocketStream;

/** `addon` gives the native receiver, one a stream; the stream closes it. */
export function browserStreams(
  plane: MediaPlane,
  addon: Pick<Addon, 'StreamReceiver'>,
  limits: MediaStreamLimits,
): OpenBrowserStream {
  return (socket, hooks, { callSid, sampleRateHz }) => {
    const receiver = new addon.StreamReceiver({ codec: 'pcm16', sampleRateHz });
    const streamSid = `MZ${randomBytes(16).toString('hex')}`;
    const transport = new BrowserTransport({ socket, receiver, callSid, streamSid, sampleRateHz });
    return new MediaStream(plane, transport, hooks, limits);
  };
}
