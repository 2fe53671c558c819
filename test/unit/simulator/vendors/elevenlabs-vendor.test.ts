import { describe, expect, it } from 'vitest';
import { ELEVENLABS_KEY, ELEVENLABS_VOICE, elevenLabsVendor } from '../../../support/elevenlabs-rig.ts';

type Options = Parameters<typeof elevenLabsVendor>[0];

interface Ask {
  readonly body?: unknown;
  readonly text?: string;
  readonly query?: string;
  readonly voice?: string;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly path?: string;
}

async function ask(about: Ask = {}, options: Options = {}) {
  const vendor = await elevenLabsVendor(options);
  return { vendor, ...(await send(vendor.origin, about)) };
}

async function send(origin: string, about: Ask = {}) {
  const { voice = ELEVENLABS_VOICE, query = 'output_format=ulaw_8000', method = 'POST' } = about;
  const path = about.path ?? `/v1/text-to-speech/${voice}/stream`;
  const response = await fetch(`${origin}${path}?${query}`, {
    method,
    headers: { 'xi-api-key': ELEVENLABS_KEY, 'content-type': 'application/json', ...about.headers },
    ...(method === 'GET'
      ? {}
      : { body: about.text ?? JSON.stringify(about.body ?? { text: 'Hello there.' }) }),
  });
  const type = response.headers.get('content-type') ?? '';
  const bytes = new Uint8Array(await response.arrayBuffer());
  const json: unknown = type === 'application/json' ? JSON.parse(Buffer.from(bytes).toString()) : null;
  return { status: response.status, type, bytes, json };
}

describe('the simulated ElevenLabs', () => {
  it.each([
    ['ulaw_8000', 'audio/basic', 4800],
    ['alaw_8000', 'audio/x-alaw-basic', 4800],
    ['pcm_44100', 'audio/pcm', 52_920],
    ['mp3_24000_48', 'audio/mpeg', 12_240],
  ])('speaks in %s', async (format, type, length) => {
    const answer = await ask({ query: `output_format=${format}` });
    expect([answer.status, answer.type, answer.bytes.length]).toEqual([200, type, length]);
  });

  const single = (code: string) => ({ detail: { status: code, message: expect.any(String) } });
  const listed = (type: string, ...loc: string[]) => ({
    detail: [{ type, loc, msg: expect.any(String), input: expect.anything() }],
  });
  it.each<[string, Ask, Options, number, unknown]>([
    ['no key', { headers: { 'xi-api-key': '' } }, {}, 401, single('invalid_api_key')],
    ['a wrong key', { headers: { 'xi-api-key': 'x' } }, {}, 401, single('invalid_api_key')],
    ['a key without permission', {}, { permissions: ['voices_read'] }, 401, single('missing_permissions')],
    ['an unknown voice', { voice: 'x' }, {}, 404, single('voice_not_found')],
    ['an unknown model', { body: { text: 'a', model_id: 'x' } }, {}, 400, single('model_not_found')],
    [
      'an unknown format',
      { query: 'output_format=ulaw_16000' },
      {},
      422,
      listed('enum', 'query', 'output_format'),
    ],
    [
      'an unknown field',
      { body: { text: 'a', voice: 'x' } },
      {},
      422,
      listed('extra_forbidden', 'body', 'voice'),
    ],
    ['a wrong type', { body: { text: 5 } }, {}, 422, listed('string_type', 'body', 'text')],
    ['no text', { body: { model_id: 'eleven_v3' } }, {}, 422, listed('missing', 'body', 'text')],
    ['an empty text', { body: { text: '' } }, {}, 400, single('input_text_empty')],
    [
      'too long a text',
      { body: { text: 'x'.repeat(10_001) } },
      {},
      400,
      single('max_character_limit_exceeded'),
    ],
    [
      'a language for a model that takes none',
      { body: { text: 'a', model_id: 'eleven_v3', language_code: 'en' } },
      {},
      400,
      single('unsupported_language'),
    ],
    ['no JSON', { text: 'text=a' }, {}, 422, listed('json_invalid', 'body')],
    [
      'a form',
      { headers: { 'content-type': 'text/plain' } },
      {},
      422,
      listed('model_attributes_type', 'body'),
    ],
    ['another method', { method: 'GET' }, {}, 405, { detail: 'Method Not Allowed' }],
    ['another path', { path: '/v1/speak' }, {}, 404, { detail: 'Not Found' }],
    [
      'an unknown voice, asked for',
      { method: 'GET', path: '/v1/voices/x' },
      {},
      404,
      single('voice_not_found'),
    ],
  ])('rejects %s', async (_what, about, options, status, json) => {
    const answer = await ask(about, options);
    expect({ status: answer.status, json: answer.json }).toEqual({ status, json });
    expect(answer.vendor.server.requestsRejected).toBe(1);
  });

  it('describes a voice', async () => {
    const { status, json } = await ask({ method: 'GET', path: `/v1/voices/${ELEVENLABS_VOICE}` });
    expect([status, json]).toMatchObject([200, { voice_id: ELEVENLABS_VOICE }]);
  });

  it('refuses more at once than the plan has, and speaks again when one is done', async () => {
    const vendor = await elevenLabsVendor({ concurrencyMax: 2, latencyMs: 30 });
    const three = await Promise.all([1, 2, 3].map(() => send(vendor.origin)));
    expect(three.map(({ status }) => status).sort()).toEqual([200, 200, 429]);
    expect(three.find(({ status }) => status === 429)?.json).toEqual(single('too_many_concurrent_requests'));
    expect((await send(vendor.origin)).status).toBe(200);
    expect(vendor.speakingMax).toBe(2);
  });
});
