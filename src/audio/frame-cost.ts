/**
 * What one inbound frame of a telephone call costs this machine: the native receiver takes in real media messages, speech
 * and noise in turn, as it does for live calls. In slices of less than a millisecond, one a turn of the loop, of which the
 * fastest counts: what else runs while a server starts interrupts most of them, and none for ever.
 */
import type { Clock } from '../clock.ts';
import { addon } from './addon.ts';
import type { NativeStreamReceiver } from './addon-types.ts';
import { TELEPHONE_FORMAT } from './audio-format.ts';

const MEASURE_MAX_MS = 40;
const SLICES_MAX = 60;
/** More than one stream's state, so that the caches do not hold all of it and nothing else. */
const STREAMS = 32;
/** Distinct messages, of which a receiver never gets one twice in a row. */
const MESSAGES = 25;
const SLICE_FRAMES = 256;
const FRAME_SAMPLES = 160;
const STREAM_SID = `MZ${'0'.repeat(32)}`;
const NOTHING_PLAYS_DBFS = -100;

/** Microseconds of the calling thread. Takes some 40 ms, in which the loop goes on turning. */
export async function measureFrameUs(clock: Clock): Promise<number> {
  const messages = Array.from({ length: MESSAGES }, (_, frame) => mediaMessage(frame));
  const receivers = Array.from({ length: STREAMS }, createReceiver);
  const untilAtMs = clock.nowMs() + MEASURE_MAX_MS;
  let leastMs = Number.POSITIVE_INFINITY;
  for (let slice = 0; slice < SLICES_MAX && clock.nowMs() < untilAtMs; slice++) {
    const beganAtMs = clock.nowMs();
    for (let frame = 0; frame < SLICE_FRAMES; frame++) {
      receivers[frame % STREAMS]!.receive(messages[frame % MESSAGES]!, NOTHING_PLAYS_DBFS);
    }
    leastMs = Math.min(leastMs, clock.nowMs() - beganAtMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const receiver of receivers) receiver.close();
  return (leastMs * 1000) / SLICE_FRAMES;
}

function createReceiver(): NativeStreamReceiver {
  const { codec, sampleRateHz } = TELEPHONE_FORMAT;
  const receiver = new addon.StreamReceiver({ codec, sampleRateHz });
  receiver.setStreamSid(STREAM_SID);
  receiver.listen({ endOfSpeechMs: 500, maxUtteranceMs: 15_000, provisionalMs: 0, chunkMs: 0 });
  return receiver;
}

/** As Twilio sends it. Every third frame is loud. */
function mediaMessage(frame: number): ArrayBuffer {
  const peak = frame % 3 === 0 ? 6000 : 200;
  const samples = Int16Array.from({ length: FRAME_SAMPLES }, (_, at) => {
    const noise = Math.imul(frame * FRAME_SAMPLES + at, 40_503) >> 16;
    return noise % peak;
  });
  const payload = new Uint8Array(FRAME_SAMPLES);
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
}
