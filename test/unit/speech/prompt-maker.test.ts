import { describe, expect, it, vi } from 'vitest';
import { type AudioFormat, TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { decodeG711, encodeG711 } from '../../../src/audio/g711.ts';
import { levelDbfs } from '../../../src/audio/level.ts';
import { writeWav } from '../../../src/audio/wav.ts';
import { PromptMaker } from '../../../src/speech/prompt-maker.ts';
import type { Synthesizer } from '../../../src/speech/synthesizer.ts';
import { mp3Fixture } from '../../support/elevenlabs-rig.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { audioOf, bytesOf, PCM_16K, synthesizerOf, toneSamples } from '../../support/prompt-fixture.ts';

const SPOKEN = { text: 'Hello.', provider: 'fake', model: '', voice: 'slt', language: 'en' };
const LIMITS = { deadlineMs: 10_000, stallMs: 2000 };
const never = new AbortController().signal;

const make = (synthesizer: Synthesizer, format: AudioFormat = TELEPHONE_FORMAT, clock = new FakeClock()) =>
  new PromptMaker(synthesizer, clock).make('key', SPOKEN, format, LIMITS, never);

/** Speech whose chunks are given one by one. */
function stepwise(): {
  synthesizer: Synthesizer;
  give: (chunk: Uint8Array | null) => Promise<void>;
  signals: AbortSignal[];
} {
  const signals: AbortSignal[] = [];
  const waiting: ((chunk: Uint8Array | null) => void)[] = [];
  const synthesizer: Synthesizer = {
    ...synthesizerOf([]),
    synthesize: async (_request, signal) => {
      signals.push(signal);
      return {
        format: PCM_16K,
        chunks: (async function* () {
          for (;;) {
            const chunk = await new Promise<Uint8Array | null>((resolve) => waiting.push(resolve));
            if (chunk === null) return;
            yield chunk;
          }
        })(),
      };
    },
  };
  const give = async (chunk: Uint8Array | null) => {
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    waiting.shift()?.(chunk);
    await vi.waitFor(() => expect(chunk === null || waiting.length === 1).toBe(true));
  };
  return { synthesizer, give, signals };
}

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

  it.each<[string, Uint8Array]>([
    [
      'an error in JSON',
      Buffer.from('{"detail":{"status":"quota_exceeded","message":"You have 0 credits left."}}.'),
    ],
    ['a WAV file', writeWav({ samples: new Int16Array(800), sampleRateHz: 16_000 })],
    ['an MP3', mp3Fixture(22_050)],
  ])('refuses %s that is said to be bare samples', async (_what, bytes) => {
    const even = bytes.subarray(0, bytes.length & ~1);
    await expect(make(synthesizerOf([even]))).rejects.toMatchObject({ fault: 'unusable' });
  });

  it('gives up at its deadline, also on a synthesizer that heeds no abort', async () => {
    const clock = new FakeClock();
    const signals: AbortSignal[] = [];
    const stuck: Synthesizer = {
      ...synthesizerOf([]),
      synthesize: (_request, signal) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    };
    const made = make(stuck, TELEPHONE_FORMAT, clock);
    clock.advanceMs(10_000);
    await expect(made).rejects.toMatchObject({ code: 'ERR_DEADLINE' });
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('takes slow speech as long as it comes, and gives up where it stalls', async () => {
    const clock = new FakeClock();
    const { synthesizer, give, signals } = stepwise();
    const made = make(synthesizer, TELEPHONE_FORMAT, clock);
    made.catch(() => {});
    for (let second = 0; second < 4; second++) {
      await give(bytesOf(toneSamples({ toneMs: 60 })));
      clock.advanceMs(1900);
    }
    expect(signals[0]?.aborted).toBe(false);
    clock.advanceMs(100);
    await expect(made).rejects.toMatchObject({
      code: 'ERR_DEADLINE',
      message: expect.stringContaining('more speech'),
    });
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('counts an empty chunk as a sign of life', async () => {
    const clock = new FakeClock();
    const { synthesizer, give } = stepwise();
    const made = make(synthesizer, TELEPHONE_FORMAT, clock);
    for (let second = 0; second < 3; second++) {
      await give(new Uint8Array(0));
      clock.advanceMs(1900);
    }
    await give(bytesOf(toneSamples({ toneMs: 120 })));
    await give(null);
    expect((await made).durationMs).toBe(120);
  });

  it("ends at the caller's abort, for that reason", async () => {
    const abort = new AbortController();
    const clock = new FakeClock();
    const { synthesizer, give, signals } = stepwise();
    const made = new PromptMaker(synthesizer, clock).make(
      'key',
      SPOKEN,
      TELEPHONE_FORMAT,
      LIMITS,
      abort.signal,
    );
    made.catch(() => {});
    await give(new Uint8Array(2));
    const reason = new Error('hung up');
    abort.abort(reason);
    await expect(made).rejects.toBe(reason);
    expect([signals[0]?.reason, clock.pendingTimers()]).toEqual([reason, 0]);
  });

  it('leaves no timer behind', async () => {
    const clock = new FakeClock();
    await make(synthesizerOf([bytesOf(toneSamples())]), TELEPHONE_FORMAT, clock);
    expect(clock.pendingTimers()).toBe(0);
  });
});
