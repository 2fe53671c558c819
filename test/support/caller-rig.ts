/** A live stream with the native receiver, and a caller who is heard in it. */
import type { NativeStreamReceiver } from '../../src/audio/addon-types.ts';
import { TELEPHONE_FORMAT } from '../../src/audio/audio-format.ts';
import { encodeG711 } from '../../src/audio/g711.ts';
import { createStreamReceiver } from '../../src/audio/stream-receiver.ts';
import { STREAM_SID, wireMessage } from './media-fakes.ts';
import { StreamRig } from './media-rigs.ts';
import { mix, whiteNoise } from './signals.ts';

export class CallerRig extends StreamRig {
  readonly #native: NativeStreamReceiver;
  #chunk = 1;

  constructor() {
    const native = createStreamReceiver(TELEPHONE_FORMAT);
    super({ native });
    this.#native = native;
    this.goLive();
  }

  /** In real time: a message of 20 ms, then 20 ms. Over a quiet line. */
  callerSays(samples: Int16Array): void {
    this.#send(samples, 20);
  }

  /** The same, but straight to the receiver, as media goes that JavaScript need not see. */
  callerSaysDirectly(samples: Int16Array): void {
    this.#send(samples, 20, (message) => this.#native.receive(message, Number.NEGATIVE_INFINITY));
  }

  /** The same all at once, as after a freeze of the network. */
  burst(samples: Int16Array): void {
    this.#send(samples, 0);
  }

  #send(
    samples: Int16Array,
    everyMs: number,
    take: (message: ArrayBuffer) => void = (message) => this.receive(message),
  ): void {
    const heard = mix(samples, whiteNoise((samples.length / 8) | 0, -65));
    for (let at = 0; at < heard.length; at += 160) {
      const payload = Buffer.from(encodeG711('mulaw', heard.slice(at, at + 160))).toString('base64');
      const chunk = String(this.#chunk++);
      const media = { track: 'inbound', chunk, timestamp: String(Number(chunk) * 20), payload };
      take(wireMessage({ event: 'media', sequenceNumber: chunk, media, streamSid: STREAM_SID }));
      this.clock.advanceMs(everyMs);
    }
  }
}
