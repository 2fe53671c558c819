/** A whole stream with the native receiver in it: what the fake receiver cannot show. */
import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { encodeG711 } from '../../../src/audio/g711.ts';
import { createStreamReceiver } from '../../../src/audio/stream-receiver.ts';
import { STREAM_SID, wireMessage } from '../../support/media-fakes.ts';
import { StreamRig } from '../../support/media-rigs.ts';
import { join, mix, silence, speech, whiteNoise } from '../../support/signals.ts';

class CallerRig extends StreamRig {
  #chunk = 1;

  constructor() {
    super({ native: createStreamReceiver(TELEPHONE_FORMAT) });
    this.goLive();
  }

  /** In real time: a message of 20 ms, then 20 ms. Over a quiet line. */
  callerSays(samples: Int16Array): void {
    const heard = mix(samples, whiteNoise((samples.length / 8) | 0, -65));
    for (let at = 0; at < heard.length; at += 160) {
      const payload = Buffer.from(encodeG711('mulaw', heard.slice(at, at + 160))).toString('base64');
      const chunk = String(this.#chunk++);
      const media = { track: 'inbound', chunk, timestamp: String(Number(chunk) * 20), payload };
      this.receive(wireMessage({ event: 'media', sequenceNumber: chunk, media, streamSid: STREAM_SID }));
      this.clock.advanceMs(20);
    }
  }
}

describe('media stream with the native receiver', () => {
  it('hears an answer over a prompt: clear within 200 ms of the first sound, then the utterance', () => {
    const rig = new CallerRig();
    rig.play(1, 'long');
    rig.listen();
    rig.callerSays(silence(1500));
    const before = rig.clock.nowMs();
    let clearedAtMs = 0;
    rig.socket.onSend = (message) => {
      if (message.startsWith('{"event":"clear"')) clearedAtMs = rig.clock.nowMs();
    };
    rig.callerSays(join(speech(500, -20, 3), silence(1500)));
    expect(clearedAtMs - before).toBeLessThanOrEqual(200);
    expect(rig.told()).toEqual(['1 interrupted', 'barge-in', 'utterance']);
    const utterance = rig.posts.at(-1)!;
    expect(utterance).toMatchObject({ listenId: 1, sampleRateHz: 8000, cut: false });
    if (utterance.kind !== 'utterance') return;
    expect(structuredClone(utterance.audio, { transfer: [utterance.audio] }).byteLength).toBeGreaterThan(
      8000,
    );
  });

  it('takes a "no" that began just before a protected prompt ended', () => {
    const rig = new CallerRig();
    rig.play(1, 'prompt', false);
    rig.listen();
    rig.callerSays(silence(1880));
    rig.callerSays(join(speech(420, -20, 2), silence(1500)));
    expect(rig.told()).toEqual(['1 played', 'speech.started', 'utterance']);
  });

  it('reports a silent caller once, counted from the end of the prompt', () => {
    const rig = new CallerRig();
    rig.play(1, 'prompt');
    rig.listen();
    rig.callerSays(silence(6980));
    expect(rig.told()).toEqual(['1 played']);
    rig.callerSays(silence(8000));
    expect(rig.told()).toEqual(['1 played', 'no.input']);
  });
});
