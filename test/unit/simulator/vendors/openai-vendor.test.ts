/** The simulated OpenAI against the official client with its own fetch: so that it is not made to fit ours. */
import OpenAI, { toFile } from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeWav } from '../../../../src/audio/wav.ts';
import { systemClock } from '../../../../src/clock.ts';
import { OpenAiVendor, type OpenAiVendorOptions } from '../../../../src/simulator/vendors/openai-vendor.ts';
import { tone } from '../../../support/tone.ts';

const API_KEY = 'sk-of-the-test';

async function officialRig(options: Partial<OpenAiVendorOptions> = {}) {
  const vendor = await OpenAiVendor.listen({ clock: systemClock, apiKey: API_KEY, ...options });
  onTestFinished(() => vendor.close());
  const client = new OpenAI({ apiKey: API_KEY, baseURL: vendor.baseUrl, maxRetries: 0 });
  return { vendor, client };
}

async function wavFile(durationMs = 500, name = 'audio.wav') {
  return toFile(writeWav(tone(durationMs, 16_000)), name, { type: 'audio/wav' });
}

async function status(request: Promise<unknown>): Promise<[number, unknown]> {
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error('Expected an APIError');
  return [error.status ?? 0, error.code ?? error.param ?? error.message];
}

describe('the simulated OpenAI takes what the official client sends', () => {
  it('a transcription', async () => {
    const { vendor, client } = await officialRig({ transcribe: () => 'yes please' });
    const answer = await client.audio.transcriptions.create({
      file: await wavFile(),
      model: 'gpt-transcribe',
      languages: ['en'],
      keywords: ['yes', 'no'],
    });
    expect(answer.text).toBe('yes please');
    expect(vendor.utterances[0]).toMatchObject({
      model: 'gpt-transcribe',
      fileName: 'audio.wav',
      sampleRateHz: 16_000,
      languages: ['en'],
      keywords: ['yes', 'no'],
    });
    expect(vendor.utterances[0]?.samples).toEqual(tone(500, 16_000).samples);
  });

  it('a transcription by an older model', async () => {
    const { vendor, client } = await officialRig();
    await client.audio.transcriptions.create({ file: await wavFile(), model: 'whisper-1', language: 'en' });
    expect(vendor.utterances[0]).toMatchObject({ model: 'whisper-1', languages: ['en'], keywords: [] });
  });

  it('speech', async () => {
    const { client } = await officialRig({ speak: () => Int16Array.of(1, -2, 3) });
    const response = await client.audio.speech.create({
      model: 'gpt-4o-mini-tts',
      voice: 'coral',
      input: 'Hello.',
      response_format: 'pcm',
    });
    expect(new Int16Array(await response.arrayBuffer())).toEqual(Int16Array.of(1, -2, 3));
  });

  it('a chat with a schema', async () => {
    const { client } = await officialRig({ complete: () => '{"answer":"yes"}' });
    const completion = await client.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: 'Well?' }],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema: strict() },
      },
    });
    expect(completion.choices[0]?.message.content).toBe('{"answer":"yes"}');
  });

  it('a question about a model', async () => {
    const { client } = await officialRig();
    expect(await client.models.retrieve('whisper-1')).toMatchObject({ shutdown_date: '2027-02-26' });
    expect(await client.models.retrieve('gpt-transcribe')).toMatchObject({ shutdown_date: null });
  });
});

function strict(changes: Record<string, unknown> = {}) {
  return {
    type: 'object',
    properties: { answer: { type: 'string', enum: ['yes', 'no'] } },
    required: ['answer'],
    additionalProperties: false,
    ...changes,
  };
}

describe('the simulated OpenAI rejects', () => {
  it('a wrong key, and a missing one', async () => {
    const { vendor } = await officialRig();
    const wrong = new OpenAI({ apiKey: 'sk-wrong', baseURL: vendor.baseUrl, maxRetries: 0 });
    expect(await status(wrong.models.retrieve('gpt-transcribe'))).toEqual([401, 'invalid_api_key']);
    expect((await fetch(`${vendor.baseUrl}/models/gpt-transcribe`)).status).toBe(401);
  });

  it('models that are unknown, retired, or for something else', async () => {
    const { client } = await officialRig({ retiredModels: ['whisper-1'] });
    const file = await wavFile();
    for (const model of ['gpt-unheard-of', 'whisper-1', 'gpt-4o-mini-tts']) {
      const request = client.audio.transcriptions.create({ file, model });
      expect(await status(request)).toEqual([404, 'model_not_found']);
    }
  });

  it.each<[string, Partial<OpenAI.Audio.TranscriptionCreateParamsNonStreaming>, unknown]>([
    ['language with a model that takes lists', { model: 'gpt-transcribe', language: 'en' }, 'language'],
    ['lists with an older model', { model: 'whisper-1', languages: ['en'] }, 'languages[]'],
    ['keywords with an older model', { model: 'whisper-1', keywords: ['yes'] }, 'keywords[]'],
    ['a language that is no ISO 639-1', { model: 'whisper-1', language: 'en-US' }, 'language'],
    ['a format that it does not have', { response_format: 'srt' }, 'response_format'],
  ])('%s', async (_name, fields, what) => {
    const { client } = await officialRig();
    const request = client.audio.transcriptions.create({
      file: await wavFile(),
      model: 'gpt-transcribe',
      ...fields,
    });
    expect(await status(request)).toEqual([400, what]);
  });

  it('fields that it does not know', async () => {
    const { client } = await officialRig();
    const params = { file: await wavFile(), model: 'gpt-transcribe', hotwords: 'yes' };
    expect((await status(client.audio.transcriptions.create(params)))[0]).toBe(400);
  });

  it('files without an ending, too short ones, and what is no WAV or not as long as it says', async () => {
    const { client } = await officialRig();
    const transcribe = (file: File) => client.audio.transcriptions.create({ file, model: 'gpt-transcribe' });
    expect(await status(transcribe(await wavFile(500, 'audio')))).toEqual([400, 'file']);
    expect(await status(transcribe(await wavFile(99)))).toEqual([400, 'audio_too_short']);
    const cut = writeWav(tone(500, 16_000)).slice(0, -2);
    expect(await status(transcribe(await toFile(cut, 'audio.wav')))).toEqual([400, 'invalid_value']);
    const stereo = writeWav(tone(500, 16_000));
    stereo[22] = 2;
    expect(await status(transcribe(await toFile(stereo, 'audio.wav')))).toEqual([400, 'invalid_value']);
  });

  it('a form that is none', async () => {
    const { vendor } = await officialRig();
    const response = await fetch(`${vendor.baseUrl}/audio/transcriptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'multipart/form-data; boundary=x' },
      body: '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-transcribe',
    });
    expect(response.status).toBe(400);
    expect(vendor.server.requestsRejected).toBe(1);
  });

  it('speech with an unknown voice, too much text, or an unknown field', async () => {
    const { client } = await officialRig();
    const right = { model: 'tts-1', voice: 'alloy', input: 'Hi.', response_format: 'pcm' } as const;
    const speak = (changes: object) => client.audio.speech.create({ ...right, ...changes });
    expect(await status(speak({ voice: 'nobody' }))).toEqual([400, 'invalid_value']);
    expect(await status(speak({ input: 'x'.repeat(4097) }))).toEqual([400, 'invalid_value']);
    expect(await status(speak({ pitch: 2 }))).toEqual([400, 'invalid_value']);
  });

  it.each<[string, object]>([
    ['an open object', { additionalProperties: true }],
    ['a property that is not required', { required: [] }],
  ])('a chat whose strict schema has %s', async (_name, changes) => {
    const { client } = await officialRig();
    const request = client.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: 'Well?' }],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema: strict({ ...changes }) },
      },
    });
    expect((await status(request))[0]).toBe(400);
  });
});
