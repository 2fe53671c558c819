import { describe, expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import { RECEIVED } from '../../src/audio/addon-types.ts';
import { levelDbfs } from '../../src/audio/level.ts';
import { babble, hum, join, mix, pinkNoise, silence, speech, tones, whiteNoise } from '../support/signals.ts';
import { WireCaller } from '../support/wire-caller.ts';

const quiet = (durationMs: number): Int16Array => whiteNoise(durationMs, -68, durationMs);

/** A word of 300 ms with quiet or noise around it: one second before, one and a half after. */
const around = (word: Int16Array, noise: (durationMs: number) => Int16Array): Int16Array =>
  mix(noise(1000 + word.length / 8 + 1500), join(silence(1000), word));

describe('a word in quiet', () => {
  it.each([1, 2, 3, 4, 5, 6])('is heard to begin within 100 ms (voice %i)', (seed) => {
    for (const shiftMs of [0, 5, 10, 15]) {
      const caller = new WireCaller({}).says(
        join(quiet(1000 + shiftMs), speech(400, -26, seed), quiet(1000)),
      );
      const [startedMs] = caller.times('speechStarted');
      expect(startedMs! - 1000 - shiftMs).toBeGreaterThan(0);
      expect(startedMs! - 1000 - shiftMs).toBeLessThanOrEqual(100);
    }
  });

  it.each([1, 2, 3, 4, 5, 6])('ends once, 500 to 620 ms after its end (voice %i)', (seed) => {
    const caller = new WireCaller({}).says(around(speech(660, -26, seed), quiet));
    const ends = caller.times('speechEnded');
    expect(ends).toHaveLength(1);
    expect(ends[0]! - 1660).toBeGreaterThanOrEqual(440);
    expect(ends[0]! - 1660).toBeLessThanOrEqual(620);
  });

  it('ends later where the question allows longer thought', () => {
    const caller = new WireCaller({ endOfSpeechMs: 1000 }).says(around(speech(300, -26), quiet));
    expect(caller.times('speechEnded')[0]! - 1300).toBeGreaterThanOrEqual(900);
  });

  it('is one utterance across pauses shorter than the rule, two across longer ones', () => {
    const say = (pauseMs: number): number =>
      new WireCaller({}).says(
        join(quiet(600), speech(300, -26), quiet(pauseMs), speech(300, -26), quiet(1500)),
      ).utterances.length;
    expect(say(350)).toBe(1);
    expect(say(900)).toBe(2);
  });

  it('comes with at least 300 ms from before it, and exactly as it was sent', () => {
    const sound = around(speech(300, -26), quiet);
    const [utterance] = new WireCaller({}).says(sound).utterances;
    const { span, samples } = utterance!;
    expect(Math.abs(span.speechStartMs - 1000)).toBeLessThanOrEqual(40);
    expect(span.speechStartMs - span.audioStartMs).toBeGreaterThanOrEqual(300);
    expect(samples.length / 8).toBeGreaterThanOrEqual(span.speechEndMs - span.audioStartMs);
    expect(samples.length / 8).toBeLessThanOrEqual(span.speechEndMs - span.audioStartMs + 300);
    const sent = sound.subarray(span.audioStartMs * 8, span.audioStartMs * 8 + samples.length);
    const codes = new Uint8Array(sent.length);
    const decoded = new Int16Array(sent.length);
    addon.mulawEncode(sent, codes);
    addon.mulawDecode(codes, decoded);
    expect(samples).toEqual(decoded);
  });

  it.each([-20, -26, -36, -40])('is heard at %i dBFS', (level) => {
    expect(new WireCaller({}).says(around(speech(400, level, 2), quiet)).utterances).toHaveLength(1);
  });

  it('is the same whether it comes in frames of 20 ms or in odd pieces', () => {
    const sound = around(speech(400, -26), quiet);
    const whole = new WireCaller({}).says(sound).utterances[0]!;
    const pieces = new WireCaller({});
    for (let at = 0, size = 1; at < sound.length; at += size, size = 1 + ((size * 7) % 500)) {
      const codes = new Uint8Array(Math.min(size, sound.length - at));
      addon.mulawEncode(sound.slice(at, at + codes.length), codes);
      pieces.note(pieces.receiver.receive(pieces.message(codes), -100));
    }
    expect(pieces.utterances[0]!.span).toEqual(whole.span);
    expect(pieces.utterances[0]!.samples).toEqual(whole.samples);
  });
});

describe('a word in noise 10 dB below it', () => {
  it.each([
    ['white', (ms: number) => whiteNoise(ms, -36)],
    ['pink', (ms: number) => pinkNoise(ms, -36)],
    ['hum', (ms: number) => hum(ms, -36)],
    ['babble', (ms: number) => babble(ms, -36)],
  ])('is found once: %s', (_, noise) => {
    const before = 3000;
    const sound = mix(noise(before + 420 + 2000), join(silence(before), speech(420, -26, 3)));
    const caller = new WireCaller();
    caller.says(sound.subarray(0, 2400 * 8));
    caller.listen();
    caller.says(sound.subarray(2400 * 8));
    expect(caller.utterances).toHaveLength(1);
    expect(Math.abs(caller.utterances[0]!.span.speechStartMs - before)).toBeLessThanOrEqual(100);
  });
});

describe('is not speech', () => {
  it.each([
    ['silence', silence(5000)],
    ['quiet', quiet(5000)],
    ['a keypad digit of 60 ms', join(quiet(1000), tones(60, -15, [697, 1209]), quiet(1000))],
    ['a keypad digit of 300 ms', join(quiet(1000), tones(300, -15, [941, 1477]), quiet(1000))],
    [
      'keypad digits in a row',
      join(quiet(1000), ...[1, 2, 3].flatMap(() => [tones(100, -15, [770, 1336]), quiet(80)]), quiet(1000)),
    ],
    [
      'a keypad digit over noise',
      mix(join(silence(1000), tones(200, -15, [852, 1633]), silence(1000)), whiteNoise(2200, -45)),
    ],
    ['a pure tone', join(quiet(1000), tones(2000, -20, [1000]), quiet(1000))],
    ['a dial tone', join(quiet(1000), tones(2000, -20, [350, 440]), quiet(1000))],
    ['a click', join(quiet(1000), whiteNoise(10, -10), quiet(1000))],
  ])('%s', (_, sound) => {
    const caller = new WireCaller({}).says(sound);
    expect(caller.utterances).toHaveLength(0);
    expect(caller.times('speechEnded')).toHaveLength(0);
  });

  it.each([-25, -30, -40])('steady noise at %i dBFS, once it has lasted two seconds', (level) => {
    const caller = new WireCaller();
    caller.says(join(quiet(1000), whiteNoise(2500, level)));
    caller.listen();
    caller.says(whiteNoise(10_000, level, 7));
    expect(caller.times('speechStarted')).toHaveLength(0);
    expect(caller.receiver.noiseFloorDbfs()).toBeGreaterThan(level - 4);
  });

  it('a word too short to be one: begins, and is discarded', () => {
    const caller = new WireCaller({}).says(join(quiet(1000), speech(55, -20, 4), quiet(1000)));
    expect(caller.times('speechEnded')).toHaveLength(0);
    expect(caller.times('speechDiscarded')).toHaveLength(caller.times('speechStarted').length);
  });
});

describe('while we play', () => {
  const prompt = speech(4000, -18, 11);
  const levels = Array.from({ length: 200 }, (_, frame) =>
    levelDbfs(prompt.subarray(frame * 160, frame * 160 + 160)),
  );

  it.each([0, 100, 200, 350])('our own echo at -30 dB, %i ms late, is no onset', (lateMs) => {
    const echo = join(
      silence(lateMs),
      prompt.map((sample) => sample / 31.6),
    );
    const caller = new WireCaller({}).says(mix(echo, quiet(4500)), levels);
    expect(caller.heard).toEqual([]);
  });

  it.each([0, 100, 200, 350])(
    'nor is it when we are so loud that it stands at -38 dBFS, %i ms late',
    (lateMs) => {
      const loud = prompt.map((sample) => Math.max(-32_768, Math.min(32_767, sample * 3.2)));
      const loudLevels = levels.map((level) => Math.min(0, level + 10));
      const echo = join(
        silence(lateMs),
        loud.map((sample) => sample / 31.6),
      );
      expect(new WireCaller({}).says(mix(echo, quiet(4500)), loudLevels).heard).toEqual([]);
    },
  );

  it.each([-20, -25, -30])('a caller at %i dBFS is heard within 160 ms', (level) => {
    const voice = join(silence(2000), speech(660, level, 2));
    const echo = prompt.map((sample) => sample / 31.6);
    const [startedMs] = new WireCaller({}).says(mix(echo, voice, quiet(4000)), levels).times('speechStarted');
    expect(startedMs! - 2000).toBeGreaterThan(60);
    expect(startedMs! - 2000).toBeLessThanOrEqual(160);
  });

  it('a cough of 60 ms does not interrupt', () => {
    const sound = join(quiet(1000), whiteNoise(60, -20), quiet(1000));
    expect(new WireCaller({}).says(sound, -20).heard).toEqual([]);
  });
});

describe('an utterance', () => {
  it('is cut at its greatest length, and the rest of that speech is not another', () => {
    const caller = new WireCaller({ maxUtteranceMs: 1000 });
    caller.says(join(quiet(600), speech(4000, -26), quiet(1200), speech(400, -26), quiet(1200)));
    expect(caller.utterances.map(({ span }) => span.cut)).toEqual([true, false]);
    const [cut, next] = caller.utterances.map(({ span }) => span);
    expect(cut!.speechEndMs - cut!.speechStartMs).toBe(1000);
    expect(next!.speechStartMs).toBeGreaterThanOrEqual(5700);
  });

  it('counts if it began within 600 ms before we listened', () => {
    const caller = new WireCaller();
    caller.says(join(quiet(1000), speech(400, -26).subarray(0, 300 * 8)));
    caller.listen();
    caller.says(join(speech(400, -26).subarray(300 * 8), quiet(1000)));
    expect(caller.utterances).toHaveLength(1);
    expect(caller.utterances[0]!.span.speechStartMs).toBeLessThanOrEqual(1040);
  });

  it('does not count if it began earlier; what follows it does', () => {
    const caller = new WireCaller();
    caller.says(join(quiet(1000), speech(1200, -26)));
    caller.listen();
    caller.says(join(speech(600, -26), quiet(600), speech(300, -26), quiet(1000)));
    expect(caller.utterances).toHaveLength(1);
    expect(caller.utterances[0]!.span.speechStartMs).toBeGreaterThanOrEqual(3350);
  });

  it('is dropped by stopListening', () => {
    const caller = new WireCaller({}).says(join(quiet(600), speech(300, -26)));
    caller.receiver.stopListening();
    caller.says(quiet(1000));
    expect(caller.times('speechEnded')).toEqual([]);
  });

  it('is dropped by discardSpeech with the rest of it, and the next is heard', () => {
    const caller = new WireCaller({}).says(join(quiet(600), speech(700, -26).subarray(0, 300 * 8)));
    caller.receiver.discardSpeech();
    caller.says(join(speech(700, -26).subarray(300 * 8), quiet(800), speech(300, -26), quiet(800)));
    expect(caller.utterances).toHaveLength(1);
    expect(caller.utterances[0]!.span.speechStartMs).toBeGreaterThanOrEqual(2050);
  });

  it('waits until it is taken, once', () => {
    const caller = new WireCaller();
    caller.listen();
    const { receiver } = caller;
    for (let at = 0, sound = around(speech(300, -26), quiet); at < sound.length; at += 160) {
      const codes = new Uint8Array(160);
      addon.mulawEncode(sound.slice(at, at + 160), codes);
      receiver.receive(caller.message(codes), -100);
    }
    expect(receiver.takeUtterance()).toBeInstanceOf(ArrayBuffer);
    expect(receiver.takeUtterance()).toBeNull();
  });
});

describe('no input', () => {
  it('is told once, after its media time', () => {
    const caller = new WireCaller({});
    caller.receiver.armNoInput(1500);
    caller.says(quiet(4000));
    expect(caller.heard).toEqual([{ event: 'noInput', atMs: 1500 }]);
  });

  it('is held by speech and ended by an utterance', () => {
    const caller = new WireCaller({});
    caller.receiver.armNoInput(1200);
    caller.says(join(quiet(800), speech(1000, -26), quiet(3000)));
    expect(caller.heard.map(({ event }) => event)).toEqual(['speechStarted', 'speechEnded']);
  });

  it('goes on after speech that was discarded', () => {
    const caller = new WireCaller({});
    caller.receiver.armNoInput(1500);
    caller.says(join(quiet(800), speech(62, -20, 4), quiet(3000)));
    expect(caller.times('noInput')).toHaveLength(1);
  });

  it('is silent after disarmNoInput', () => {
    const caller = new WireCaller({});
    caller.receiver.armNoInput(500);
    caller.receiver.disarmNoInput();
    expect(caller.says(quiet(1000)).heard).toEqual([]);
  });
});

describe('levels', () => {
  it('of the last frame and the background, and clipped frames', () => {
    const { receiver } = new WireCaller().says(whiteNoise(3000, -50)).says(whiteNoise(20, -30));
    expect(receiver.levelDbfs()).toBeCloseTo(-30, -0.5);
    expect(receiver.noiseFloorDbfs()).toBeGreaterThan(-54);
    expect(receiver.noiseFloorDbfs()).toBeLessThan(-48);
    expect(receiver.counters().clippedFrames).toBe(0);
    const loud = new WireCaller().says(tones(200, -1, [300]));
    expect(loud.receiver.counters().clippedFrames).toBe(10);
  });
});

describe('isSpeech', () => {
  it('is the verdict on the last frame, without listening', () => {
    const caller = new WireCaller().says(quiet(1000));
    expect(caller.receiver.isSpeech()).toBe(false);
    expect(caller.says(speech(300, -26)).receiver.isSpeech()).toBe(true);
    expect(caller.says(quiet(200)).receiver.isSpeech()).toBe(false);
    expect(caller.says(tones(300, -20, [770, 1336])).receiver.isSpeech()).toBe(false);
  });
});

describe('a browser', () => {
  it.each([16_000, 48_000, 44_100])('is heard at %i Hz and gives utterances at 16 kHz', (rateHz) => {
    const receiver = new addon.StreamReceiver({ codec: 'pcm16', sampleRateHz: rateHz });
    expect(receiver.utteranceRateHz).toBe(16_000);
    receiver.listen({ endOfSpeechMs: 500, maxUtteranceMs: 5000, provisionalMs: 0, chunkMs: 0 });
    const noise = (ms: number): Int16Array => whiteNoise(ms, -68, 3, rateHz);
    const sound = join(noise(1000), speech(400, -26, 2, rateHz), noise(1000));
    let bits = 0;
    for (let at = 0; at < sound.length; at += rateHz / 50) {
      const frame = sound.slice(at, at + rateHz / 50);
      bits |= receiver.receiveAudio(new Uint8Array(frame.buffer), -100);
    }
    expect(bits).toBe(RECEIVED.media | RECEIVED.speechStarted | RECEIVED.speechEnded);
    const samples = new Int16Array(receiver.takeUtterance()!);
    const { audioStartMs, speechEndMs } = receiver.lastUtterance();
    expect(samples.length / 16).toBeGreaterThanOrEqual(speechEndMs - audioStartMs);
    expect(levelDbfs(samples.subarray((1000 - audioStartMs) * 16, (1400 - audioStartMs) * 16))).toBeCloseTo(
      -26,
      -0.5,
    );
    expect(receiver.receiveAudio(new Uint8Array(3), -100)).toBe(RECEIVED.ignored);
    receiver.close();
  });
});

describe('a gap in the media', () => {
  it('is time: no-input and the end of speech come in it, and the noise floor stays', () => {
    const receiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
    receiver.listen({ endOfSpeechMs: 500, maxUtteranceMs: 5000, provisionalMs: 0, chunkMs: 0 });
    receiver.armNoInput(1000);
    const floorDbfs = receiver.noiseFloorDbfs();
    expect(receiver.receiveGap(980, -100)).toBe(0);
    expect(receiver.receiveGap(20, -100)).toBe(RECEIVED.noInput);
    expect([receiver.mediaMs(), receiver.noiseFloorDbfs()]).toEqual([1000, floorDbfs]);
    expect(receiver.counters().mediaMessages).toBe(0);
    receiver.close();
    expect(receiver.receiveGap(20, -100)).toBe(0);
  });

  it.each([[0], [-20], [61_000], ['20'], [Number.NaN]])('refuses a duration of %s by name', (durationMs) => {
    const receiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
    expect(() => receiver.receiveGap(durationMs as number, -100)).toThrow(/durationMs/);
    receiver.close();
  });
});
