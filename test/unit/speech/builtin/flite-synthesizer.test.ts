import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../../src/audio/audio-format.ts';
import { levelDbfs } from '../../../../src/audio/level.ts';
import { FLITE_VOICES, FliteSynthesizer } from '../../../../src/speech/builtin/flite-synthesizer.ts';

const flite = FliteSynthesizer.load();

async function speak(text: string, voice = 'slt', signal = new AbortController().signal) {
  const speech = await flite.synthesize(
    { text, voice, language: 'en', playFormat: TELEPHONE_FORMAT },
    signal,
  );
  const chunks: Buffer[] = [];
  for await (const chunk of speech.chunks) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return {
    rateHz: speech.format.sampleRateHz,
    chunkCount: chunks.length,
    samples,
    durationMs: (samples.length / speech.format.sampleRateHz) * 1000,
  };
}

describe('FliteSynthesizer', () => {
  it.each(FLITE_VOICES)('speaks with voice %s', async (voice) => {
    const speech = await speak('Are you eighteen years or older?', voice);
    expect(speech.rateHz).toBe(voice === 'kal' ? 8000 : 16000);
    expect(speech.durationMs).toBeGreaterThan(1000);
    expect(speech.durationMs).toBeLessThan(4000);
    expect(levelDbfs(speech.samples)).toBeGreaterThan(-35);
  });

  it('speaks with the voice that was asked for', async () => {
    const [slt, rms] = [await speak('Hello.', 'slt'), await speak('Hello.', 'rms')];
    expect(slt.samples).not.toEqual(rms.samples);
  });

  it('gives the same bytes for the same text', async () => {
    expect((await speak('Thank you.')).samples).toEqual((await speak('Thank you.')).samples);
  });

  it('refuses a voice that it does not have', async () => {
    await expect(speak('Hello.', 'alloy')).rejects.toThrow(
      'Expected one of slt, rms, awb, kal16, kal for voice',
    );
  });

  it.each(['', '   ', '\u0000\n', '你好'])(
    'refuses a text without words that it can say: %j',
    async (text) => {
      await expect(speak(text)).rejects.toMatchObject({ code: 'ERR_PROVIDER', retryable: false });
    },
  );

  it('refuses more than 2,000 characters', async () => {
    await expect(speak('a'.repeat(2001))).rejects.toThrow('Expected at most 2000 characters');
  });

  it('speaks what looks like an option, a file or markup', async () => {
    for (const text of ['-voice kal', '/etc/passwd', '<speak>no</speak>', '"; rm -rf']) {
      expect((await speak(text)).durationMs).toBeGreaterThan(200);
    }
  });

  it('says accented letters and typographic quotes like plain ones', async () => {
    expect((await speak('Café – it’s')).samples).toEqual((await speak("Cafe - it's")).samples);
  });

  it('speaks a text of 2,000 characters, part by part', { timeout: 30_000 }, async () => {
    const speech = await speak('Are you over 65? '.repeat(117));
    expect(speech.chunkCount).toBeGreaterThan(6);
    expect(speech.durationMs).toBeGreaterThan(100_000);
  });

  it('cuts between words where a sentence does not end', async () => {
    expect((await speak('one two three four '.repeat(30))).chunkCount).toBe(2);
  });

  it('stops between parts when it is aborted', async () => {
    const abort = new AbortController();
    const speech = await flite.synthesize(
      { text: 'Are you over 65? '.repeat(60), voice: 'slt', language: 'en', playFormat: TELEPHONE_FORMAT },
      abort.signal,
    );
    const chunks = speech.chunks[Symbol.asyncIterator]();
    await chunks.next();
    abort.abort();
    await expect(chunks.next()).rejects.toMatchObject({ name: 'AbortError' });
  });
});
