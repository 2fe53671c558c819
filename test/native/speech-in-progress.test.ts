/** What the receiver tells of an utterance before its end: pauses, growth, and the sound so far. */
import { describe, expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import { type ListenSettings, RECEIVED } from '../../src/audio/addon-types.ts';
import { join, mix, silence, speech, whiteNoise } from '../support/signals.ts';
import { WireCaller } from '../support/wire-caller.ts';

const quiet = (durationMs: number): Int16Array => whiteNoise(durationMs, -68, durationMs);
const word = (durationMs: number, seed = 1): Int16Array => speech(durationMs, -26, seed);
const events = (caller: WireCaller): string[] => caller.heard.map(({ event }) => event);

/** A caller who is told of pauses of 200 ms, with 800 ms to the end of speech. */
const told = (settings: Partial<ListenSettings> = {}): WireCaller =>
  new WireCaller({ endOfSpeechMs: 800, provisionalMs: 200, ...settings });

/** Many frames in one native call, as G.711 bytes. */
function inOneCall(caller: WireCaller, samples: Int16Array): void {
  const codes = new Uint8Array(samples.length);
  addon.mulawEncode(samples, codes);
  caller.note(caller.receiver.receiveAudio(codes, -100));
}

describe('a pause', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'is told once, 200 to 320 ms after the word, and its end follows (voice %i)',
    (seed) => {
      const caller = told().says(join(quiet(1000), word(660, seed), quiet(1500)));
      expect(events(caller)).toEqual(['speechStarted', 'speechPaused', 'speechEnded']);
      const [pausedMs] = caller.times('speechPaused');
      expect(pausedMs! - 1660).toBeGreaterThanOrEqual(140);
      expect(pausedMs! - 1660).toBeLessThanOrEqual(320);
      expect(caller.times('speechEnded')[0]! - pausedMs!).toBe(600);
    },
  );

  it('is over with the next word, and told again after it', () => {
    const sound = join(quiet(600), word(400), quiet(500), word(400, 2), quiet(1500));
    const caller = told().says(sound);
    expect(events(caller)).toEqual([
      'speechStarted',
      'speechPaused',
      'speechResumed',
      'speechPaused',
      'speechEnded',
    ]);
    const [resumedMs] = caller.times('speechResumed');
    expect(resumedMs! - 1500).toBeGreaterThan(0);
    expect(resumedMs! - 1500).toBeLessThanOrEqual(100);
  });

  it.each([
    ['not asked for', { provisionalMs: 0 }],
    ['as long as the end of speech', { provisionalMs: 800 }],
    ['longer', { provisionalMs: 5000 }],
  ])('is not told when %s', (_, settings) => {
    const caller = told(settings).says(join(quiet(600), word(400), quiet(1500)));
    expect(events(caller)).toEqual(['speechStarted', 'speechEnded']);
  });

  it('is not told of what its end will discard', () => {
    const caller = told().says(join(quiet(1000), speech(55, -20, 4), quiet(1500)));
    expect(caller.times('speechStarted').length).toBeGreaterThan(0);
    expect(caller.times('speechPaused')).toEqual([]);
    expect(caller.times('speechDiscarded')).toHaveLength(caller.times('speechStarted').length);
  });

  it('is not told once more at the cut, which ends an utterance that goes on', () => {
    const caller = told({ maxUtteranceMs: 1000 }).says(join(quiet(600), word(3000), quiet(1500)));
    expect(events(caller)).toEqual(['speechStarted', 'speechEnded']);
    expect(caller.utterances[0]!.span.cut).toBe(true);
  });

  it('ends with the cut when that comes in it', () => {
    const caller = told({ maxUtteranceMs: 800 }).says(join(quiet(600), word(400), quiet(1500)));
    expect(events(caller)).toEqual(['speechStarted', 'speechPaused', 'speechEnded']);
  });

  it('comes in time without media too', () => {
    const caller = told().says(join(quiet(600), word(400)));
    for (let step = 0; step < 5; step++) caller.note(caller.receiver.receiveGap(240, -100));
    expect(events(caller)).toEqual(['speechStarted', 'speechPaused', 'speechEnded']);
  });

  it('is told anew under a new listen, which the utterance outlives', () => {
    const caller = told().says(join(quiet(600), word(400), quiet(300)));
    caller.listen({ endOfSpeechMs: 1000, provisionalMs: 200 });
    caller.says(quiet(1000));
    expect(events(caller)).toEqual(['speechStarted', 'speechPaused', 'speechPaused', 'speechEnded']);
    expect(caller.utterances).toHaveLength(1);
  });

  it.each([
    ['stopListening', (caller: WireCaller) => caller.receiver.stopListening()],
    ['discardSpeech', (caller: WireCaller) => caller.receiver.discardSpeech()],
  ])('is followed by nothing after %s', (_, stop) => {
    const caller = told().says(join(quiet(600), word(400), quiet(300)));
    stop(caller);
    caller.says(join(quiet(1000)));
    expect(events(caller)).toEqual(['speechStarted', 'speechPaused']);
  });

  it('of the next utterance is told after one that was stopped in a pause', () => {
    const caller = told().says(join(quiet(600), word(400), quiet(300)));
    caller.receiver.stopListening();
    caller.listen({ endOfSpeechMs: 800, provisionalMs: 200 });
    caller.says(join(quiet(800), word(400), quiet(1500)));
    expect(events(caller).slice(2)).toEqual(['speechStarted', 'speechPaused', 'speechEnded']);
  });
});

describe('several frames in one call', () => {
  it('tell of no pause that came and went in it', () => {
    const caller = told();
    inOneCall(caller, join(quiet(600), word(400), quiet(400), word(400, 2)));
    expect(events(caller)).toEqual(['speechStarted']);
  });

  it('tell only the end of an utterance that paused and ended in it', () => {
    const caller = told({ chunkMs: 100 }).says(join(quiet(600), word(300)));
    caller.heard.length = 0;
    inOneCall(caller, join(word(100), quiet(1500)));
    expect(events(caller)).toEqual(['speechEnded']);
    const gap = told().says(join(quiet(600), word(400)));
    gap.note(gap.receiver.receiveGap(2000, -100));
    expect(events(gap)).toEqual(['speechStarted', 'speechEnded']);
  });

  it('tell that a pause is over before the next one', () => {
    const caller = told().says(join(quiet(600), word(400), quiet(300)));
    caller.heard.length = 0;
    inOneCall(caller, join(word(400, 2), quiet(400)));
    expect(events(caller)).toEqual(['speechResumed', 'speechPaused']);
  });

  it('tell a pause that is over only once, though others came and went', () => {
    const caller = told().says(join(quiet(600), word(400), quiet(300)));
    caller.heard.length = 0;
    inOneCall(caller, join(word(400, 2), quiet(400), word(400, 3)));
    expect(events(caller)).toEqual(['speechResumed']);
  });

  it('tell the pause and growth of the next utterance after the end of this one', () => {
    const caller = told({ chunkMs: 100 }).says(join(quiet(600), word(400), quiet(300)));
    caller.heard.length = 0;
    inOneCall(caller, join(quiet(1200), word(400, 2), quiet(400)));
    expect(events(caller)).toEqual(['speechStarted', 'speechEnded', 'speechPaused', 'speechGrown']);
    const { span, samples } = caller.utterances[0]!;
    expect(span.speechEndMs).toBeLessThan(1100);
    expect(new Int16Array(caller.receiver.copySpeech(0)!).subarray(0, 800)).not.toEqual(
      samples.subarray(0, 800),
    );
  });
});

describe('growth', () => {
  it('is told once a chunk, and the chunks are the utterance, without a gap', () => {
    const caller = new WireCaller({ chunkMs: 90 });
    const chunks: Int16Array[] = [];
    let samples = 0;
    const sound = join(quiet(1000), word(900), quiet(1000));
    for (let at = 0; at < sound.length; at += 160) {
      const before = caller.times('speechGrown').length;
      caller.says(sound.subarray(at, at + 160));
      if (caller.times('speechGrown').length === before) continue;
      const chunk = new Int16Array(caller.receiver.copySpeech(samples)!);
      chunks.push(chunk);
      samples += chunk.length;
    }
    const grownMs = caller.times('speechGrown');
    expect(grownMs[0]).toBe(caller.times('speechStarted')[0]);
    expect(grownMs.slice(1).map((atMs, index) => atMs - grownMs[index]!)).toEqual(
      Array(grownMs.length - 1).fill(100),
    );
    const whole = join(...chunks);
    const [utterance] = caller.utterances;
    const common = Math.min(whole.length, utterance!.samples.length);
    expect(common).toBeGreaterThan(8 * 1200);
    expect(whole.subarray(0, common)).toEqual(utterance!.samples.subarray(0, common));
  });

  it('is told once where many chunks came at once', () => {
    const caller = new WireCaller({ chunkMs: 20 });
    inOneCall(caller, join(quiet(600), word(500)));
    expect(events(caller)).toEqual(['speechStarted', 'speechGrown']);
    caller.says(word(20));
    expect(events(caller)).toHaveLength(3);
  });

  it('is told whether or not it was fetched, and not where it was not asked for', () => {
    const sound = join(quiet(600), word(1000));
    expect(new WireCaller({ chunkMs: 100 }).says(sound).times('speechGrown').length).toBeGreaterThan(8);
    expect(new WireCaller({}).says(sound).times('speechGrown')).toEqual([]);
  });

  it('starts anew with a new listen, from the pre-roll on', () => {
    const caller = new WireCaller({ chunkMs: 1000 }).says(join(quiet(600), word(900)));
    caller.heard.length = 0;
    caller.listen({ chunkMs: 1000 });
    caller.says(word(20));
    expect(events(caller)).toEqual(['speechGrown']);
  });
});

describe('the speech so far', () => {
  it('is the whole utterance at a pause, with its voice', () => {
    const caller = told({ endOfSpeechMs: 400 });
    const sound = join(quiet(1000), word(500), quiet(1000));
    for (let at = 0; caller.times('speechPaused').length === 0; at += 160)
      caller.says(sound.subarray(at, at + 160));
    const soFar = new Int16Array(caller.receiver.copySpeech(0)!);
    const voicedMs = caller.receiver.speechVoicedMs();
    caller.says(quiet(600));
    const { span, samples } = caller.utterances[0]!;
    expect(soFar.length).toBeGreaterThan(8 * (300 + 500 + 100));
    expect(samples.subarray(0, soFar.length)).toEqual(soFar);
    expect(voicedMs).toBe(span.voicedMs);
    expect(voicedMs).toBeGreaterThan(300);
  });

  it('is nothing before it, beyond its end, and after it', () => {
    const caller = told();
    const { receiver } = caller;
    expect([receiver.copySpeech(0), receiver.speechVoicedMs()]).toEqual([null, 0]);
    caller.says(join(quiet(600), word(400)));
    const samples = receiver.copySpeech(0)!.byteLength / 2;
    expect(receiver.copySpeech(samples - 1)!.byteLength).toBe(2);
    expect(receiver.copySpeech(samples)).toBeNull();
    expect(receiver.copySpeech(4_294_967_295)).toBeNull();
    caller.says(quiet(1500));
    expect([receiver.copySpeech(0), receiver.speechVoicedMs()]).toEqual([null, 0]);
  });

  it('is nothing after stopListening and discardSpeech', () => {
    for (const stop of ['stopListening', 'discardSpeech'] as const) {
      const { receiver } = told().says(join(quiet(600), word(400)));
      expect(receiver.speechVoicedMs()).toBeGreaterThan(0);
      receiver[stop]();
      expect([receiver.copySpeech(0), receiver.speechVoicedMs()]).toEqual([null, 0]);
    }
  });

  it('belongs to the engine: it can be transferred', () => {
    const audio = told()
      .says(join(quiet(600), word(400)))
      .receiver.copySpeech(0)!;
    expect(structuredClone(audio, { transfer: [audio] }).byteLength).toBeGreaterThan(0);
    expect(audio.byteLength).toBe(0);
  });

  it('of a browser is at 16 kHz', () => {
    const receiver = new addon.StreamReceiver({ codec: 'pcm16', sampleRateHz: 48_000 });
    receiver.listen({ endOfSpeechMs: 500, maxUtteranceMs: 5000, provisionalMs: 200, chunkMs: 0 });
    const noise = (ms: number): Int16Array => whiteNoise(ms, -68, 3, 48_000);
    const sound = join(noise(1000), speech(400, -26, 2, 48_000), noise(360));
    let bits = 0;
    for (let at = 0; at < sound.length; at += 960) {
      bits |= receiver.receiveAudio(new Uint8Array(sound.slice(at, at + 960).buffer), -100);
    }
    expect(bits).toBe(RECEIVED.media | RECEIVED.speechStarted | RECEIVED.speechPaused);
    expect(receiver.copySpeech(0)!.byteLength / 32).toBeGreaterThan(300 + 400 + 200);
    receiver.close();
  });
});

describe('whatever is heard', () => {
  it.each([1, 2, 3, 4])('each pause is followed by one of resumed, ended, discarded (%i)', (seed) => {
    const sentence = join(
      ...Array.from({ length: 40 }, (_, at) => [
        quiet(60 + ((at * seed * 397) % 1100)),
        speech(30 + ((at * seed * 211) % 700), -28, at + seed),
      ]).flat(),
    );
    const noisy = seed % 2 === 0 ? sentence : mix(sentence, whiteNoise(sentence.length / 8, -42));
    for (const frames of [1, 3, 17]) {
      const caller = told({ endOfSpeechMs: 500, maxUtteranceMs: 3000, provisionalMs: 160 });
      for (let at = 0; at < noisy.length; at += 160 * frames) {
        inOneCall(caller, noisy.slice(at, at + 160 * frames));
      }
      inOneCall(caller, silence(1000));
      let isPaused = false;
      for (const event of events(caller)) {
        if (event === 'speechResumed') expect(isPaused).toBe(true);
        if (event === 'speechPaused') expect(isPaused).toBe(false);
        if (event === 'speechPaused') isPaused = true;
        if (['speechResumed', 'speechEnded', 'speechDiscarded'].includes(event)) isPaused = false;
      }
      expect(isPaused).toBe(false);
      if (frames === 1) expect(caller.times('speechPaused').length).toBeGreaterThan(5);
    }
  });
});
