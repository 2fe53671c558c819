/** One inbound media message with everything that it brings about: reading, base64, decoding, endpointing. */
import type { Addon } from '../../src/audio/addon-types.ts';
import { measure, type Timing } from './measure.ts';

const STREAM_SID = `MZ${'0'.repeat(32)}`;

export function measureReceive(addon: Addon): Timing[] {
  const receiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
  receiver.setStreamSid(STREAM_SID);
  receiver.listen({ endOfSpeechMs: 500, maxUtteranceMs: 15_000, provisionalMs: 0, chunkMs: 0 });
  // 200 frames: words of 400 ms in noise.
  const messages = Array.from({ length: 200 }, (_, frame) => {
    const samples = Int16Array.from({ length: 160 }, (_, at) => {
      const time = frame * 160 + at;
      const voice = frame % 60 < 20 ? 6000 * Math.sin(time * 0.09) * Math.sin(time * 0.7) : 0;
      return voice + ((Math.imul(time, 40_503) >> 16) % 200);
    });
    const payload = new Uint8Array(160);
    addon.mulawEncode(samples, payload);
    const text = JSON.stringify({
      event: 'media',
      sequenceNumber: String(frame + 2),
      media: {
        track: 'inbound',
        chunk: String(frame + 1),
        timestamp: String(frame * 20),
        payload: Buffer.from(payload).toString('base64'),
      },
      streamSid: STREAM_SID,
    });
    return new TextEncoder().encode(text).buffer;
  });
  const all = measure('inbound media message, everything', 160, (turn) =>
    receiver.receive(messages[turn % messages.length]!, -100),
  );
  receiver.setStreamSid('MZ1');
  const read = measure('inbound media message, only read', 160, (turn) =>
    receiver.receive(messages[turn % messages.length]!, -100),
  );
  receiver.close();
  return [all, read];
}
