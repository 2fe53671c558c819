import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AudioFormat, TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { decodeG711, encodeG711 } from '../../../src/audio/g711.ts';
import { levelDbfs } from '../../../src/audio/level.ts';
import { writeWav } from '../../../src/audio/wav.ts';
import { PromptMaker } from '../../../src/speech/prompt-maker.ts';
import type { Synthesizer } from '../../../src/speech/synthesizer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { audioOf, bytesOf, PCM_16K, synthesizerOf, toneSamples } from '../../support/prompt-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const TEXT = { kind: 'text', text: 'Hello.', voice: 'slt', language: 'en' } as const;

const make = (synthesizer: Synthesizer, format: AudioFormat = TELEPHONE_FORMAT) =>
  new PromptMaker(synthesizer, new FakeClock()).make('key', TEXT, format);

describe('PromptMaker', () => {
  it('gives whole steps of 60 ms in base64, and a level for each 20 ms', async () => {
    const prompt = await make(synthesizerOf([bytesOf(toneSamples({ toneMs: 310 }))]));
    expect(prompt).toMatchObject({ key: 'key', format: TELEPHONE_FORMAT, durationMs: 360, audioBytes: 2880 });
    expect(prompt.wire).toHaveLength(6 * 640);
    expect(prompt.wire.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(prompt.levels).toHaveLength(18);
    expect(prompt.levels[5]).toBe(Math.round(100 + 20 * Math.log10(11_000 / Math.SQRT2 / 32_768)));
  });

  it('fills the last step with mu-law silence', async () => {
    const prompt = await make(synthesizerOf([bytesOf(toneSamples({ toneMs: 310 }))]));
    const audio = audioOf(prompt);
    expect([...audio.subarray(-320)].every((byte) => byte === 0xff)).toBe(true);
    expect(prompt.levels.at(-1)).toBe(0);
  });

  it('keeps the sound through resampling and coding, and adds no delay', async () => {
    const prompt = await make(synthesizerOf([bytesOf(toneSamples({ toneMs: 600 }))]));
    const heard = decodeG711('mulaw', audioOf(prompt));
    const sent = toneSamples({ rateHz: 8000, toneMs: 600 });
    const error = sent.map((sample, index) => sample - (heard[index] ?? 0)).subarray(160, -160);
    expect(levelDbfs(error) - levelDbfs(sent)).toBeLessThan(-30);
  });

  it('cuts the silence around speech down to 50 ms', async () => {
    const prompt = await make(synthesizerOf([bytesOf(toneSamples({ silenceMs: 400, toneMs: 200 }))]));
    expect(prompt.durationMs).toBe(300);
    expect(prompt.levels.findIndex((level) => level > 50)).toBe(2);
  });

  it('carries a sample that a vendor split between chunks', async () => {
    const bytes = bytesOf(toneSamples({ toneMs: 120 }));
    const whole = await make(synthesizerOf([bytes]));
    const split = await make(synthesizerOf([bytes.subarray(0, 1001), bytes.subarray(1001)]));
    expect(audioOf(split).equals(audioOf(whole))).toBe(true);
  });

  it('takes speech that is mu-law already', async () => {
    const sent = encodeG711('mulaw', toneSamples({ rateHz: 8000, toneMs: 120 }));
    const prompt = await make(synthesizerOf([sent], TELEPHONE_FORMAT));
    expect(audioOf(prompt).equals(Buffer.from(sent))).toBe(true);
  });

  it('makes the samples that a browser plays', async () => {
    const samples = toneSamples({ toneMs: 120 });
    const prompt = await make(synthesizerOf([bytesOf(samples)]), PCM_16K);
    expect(audioOf(prompt).equals(Buffer.from(bytesOf(samples)))).toBe(true);
  });

  it.each([
    ['no sound', []],
    ['half a sample', [new Uint8Array(1001)]],
  ])('refuses %s', async (what, chunks) => {
    await expect(make(synthesizerOf(chunks))).rejects.toThrow(what);
  });

  it('stops listening to speech that does not end', async () => {
    let chunks = 0;
    const endless = (function* () {
      for (;;) {
        chunks++;
        yield new Uint8Array(32_000);
      }
    })();
    await expect(make(synthesizerOf(endless))).rejects.toMatchObject({ code: 'ERR_CAPACITY' });
    expect(chunks).toBe(121);
  });

  it('gives up after 10 s, also on a synthesizer that heeds no abort', async () => {
    const clock = new FakeClock();
    const signals: AbortSignal[] = [];
    const stuck: Synthesizer = {
      provider: 'stuck',
      model: '',
      defaultVoice: 'slt',
      isVoice: () => true,
      synthesize: (_request, signal) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    };
    const made = new PromptMaker(stuck, clock).make('key', TEXT, TELEPHONE_FORMAT);
    clock.advanceMs(10_000);
    await expect(made).rejects.toMatchObject({ code: 'ERR_DEADLINE' });
    expect(signals[0]?.aborted).toBe(true);
  });

  it('leaves no timer behind', async () => {
    const clock = new FakeClock();
    await new PromptMaker(synthesizerOf([bytesOf(toneSamples())]), clock).make('key', TEXT, TELEPHONE_FORMAT);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('plays a recording as it is, silence and all', async () => {
    const path = join(temporaryFolder(), 'hello.wav');
    const samples = toneSamples({ rateHz: 22_050, silenceMs: 200, toneMs: 200 });
    writeFileSync(path, writeWav({ samples, sampleRateHz: 22_050 }));
    const maker = new PromptMaker(synthesizerOf([]), new FakeClock());
    const prompt = await maker.make('key', { kind: 'audio', path }, TELEPHONE_FORMAT);
    expect(prompt.durationMs).toBe(600);
    expect(prompt.levels[5]).toBeLessThan(30);
    expect(prompt.levels[15]).toBeGreaterThan(80);
  });

  it('names a recording that cannot be played', async () => {
    const path = join(temporaryFolder(), 'hello.wav');
    writeFileSync(path, 'ID3 this is an MP3');
    const maker = new PromptMaker(synthesizerOf([]), new FakeClock());
    await expect(maker.make('key', { kind: 'audio', path }, TELEPHONE_FORMAT)).rejects.toThrow(
      /^Expected a WAV file .*hello\.wav/,
    );
  });
});
