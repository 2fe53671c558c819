/** A caller on one native receiver: says sounds as Twilio media messages of 20 ms and notes what comes of each. */
import { addon } from '../../src/audio/addon.ts';
import {
  type ListenSettings,
  type NativeStreamReceiver,
  RECEIVED,
  type UtteranceSpan,
} from '../../src/audio/addon-types.ts';

export const STREAM_SID = 'MZ00000000000000000000000000000001';

/** In the order that one call's bits stand for. */
const EVENTS = [
  'speechStarted',
  'noInput',
  'speechResumed',
  'speechDiscarded',
  'speechEnded',
  'speechPaused',
  'speechGrown',
] as const;

export interface Heard {
  readonly event: (typeof EVENTS)[number];
  /** Media time at the end of the frame that brought it. */
  readonly atMs: number;
}

export class WireCaller {
  readonly receiver: NativeStreamReceiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
  readonly heard: Heard[] = [];
  readonly utterances: { readonly span: UtteranceSpan; readonly samples: Int16Array }[] = [];
  #chunk = 1;

  constructor(listen?: Partial<ListenSettings>) {
    this.receiver.setStreamSid(STREAM_SID);
    if (listen !== undefined) this.listen(listen);
  }

  listen(settings: Partial<ListenSettings> = {}): void {
    this.receiver.listen({
      endOfSpeechMs: 500,
      maxUtteranceMs: 10_000,
      provisionalMs: 0,
      chunkMs: 0,
      ...settings,
    });
  }

  /** `playoutDbfs`: the level of what plays to the caller, one number or one for each frame. */
  says(samples: Int16Array, playoutDbfs: number | readonly number[] = -100): this {
    for (let at = 0, frame = 0; at < samples.length; at += 160, frame++) {
      const playout = typeof playoutDbfs === 'number' ? playoutDbfs : (playoutDbfs[frame] ?? -100);
      const codes = new Uint8Array(Math.min(160, samples.length - at));
      addon.mulawEncode(samples.slice(at, at + 160), codes);
      this.note(this.receiver.receive(this.message(codes), playout));
    }
    return this;
  }

  message(codes: Uint8Array): ArrayBuffer {
    const chunk = this.#chunk++;
    return toMessage({
      event: 'media',
      sequenceNumber: `${chunk + 1}`,
      media: {
        track: 'inbound',
        chunk: `${chunk}`,
        timestamp: `${chunk * 20}`,
        payload: Buffer.from(codes).toString('base64'),
      },
      streamSid: STREAM_SID,
    });
  }

  note(bits: number): void {
    for (const event of EVENTS) {
      if ((bits & RECEIVED[event]) !== 0) this.heard.push({ event, atMs: this.receiver.mediaMs() });
    }
    if ((bits & RECEIVED.speechEnded) === 0) return;
    const taken = this.receiver.takeUtterance();
    if (taken !== null) {
      this.utterances.push({ span: this.receiver.lastUtterance(), samples: new Int16Array(taken) });
    }
  }

  times(event: Heard['event']): number[] {
    return this.heard.filter((heard) => heard.event === event).map((heard) => heard.atMs);
  }
}

export function toMessage(value: unknown): ArrayBuffer {
  return toBytes(JSON.stringify(value));
}

export function toBytes(text: string): ArrayBuffer {
  const bytes = new TextEncoder().encode(text);
  return bytes.buffer.slice(0, bytes.length);
}
