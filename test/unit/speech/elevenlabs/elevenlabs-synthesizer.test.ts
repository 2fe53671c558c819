import { describe, expect, it } from 'vitest';
import {
  type AudioFormat,
  durationMs,
  formatName,
  TELEPHONE_FORMAT,
} from '../../../../src/audio/audio-format.ts';
import { decodeG711 } from '../../../../src/audio/g711.ts';
import { levelDbfs } from '../../../../src/audio/level.ts';
import { systemClock } from '../../../../src/clock.ts';
import { ProviderError } from '../../../../src/errors.ts';
import { htmlReply, jsonReply, type VendorFault } from '../../../../src/simulator/vendors/vendor-fault.ts';
import { ElevenLabsSynthesizer } from '../../../../src/speech/elevenlabs/elevenlabs-synthesizer.ts';
import {
  ELEVENLABS_KEY,
  ELEVENLABS_VOICE,
  elevenLabsSettings,
  elevenLabsVendor,
} from '../../../support/elevenlabs-rig.ts';

const TEXT = 'Would you like to take part, Ms. Kowalska?';
const never = new AbortController().signal;
const pcm = (sampleRateHz: AudioFormat['sampleRateHz']): AudioFormat => ({
  codec: 'pcm16',
  sampleRateHz,
  channels: 1,
});

type RigOptions = Parameters<typeof elevenLabsVendor>[0] & { environment?: Record<string, string> };

async function rig(options: RigOptions = {}) {
  const { environment = {}, ...rest } = options;
  const vendor = await elevenLabsVendor(rest);
  const synthesizer = new ElevenLabsSynthesizer(elevenLabsSettings(vendor.origin, environment), systemClock);
  const speak = async (
    request: { text?: string; voice?: string; playFormat?: AudioFormat } = {},
    signal = never,
  ) => {
    const speech = await synthesizer.synthesize(
      { text: TEXT, voice: ELEVENLABS_VOICE, language: 'en-GB', playFormat: TELEPHONE_FORMAT, ...request },
      signal,
    );
    const chunks: Uint8Array[] = [];
    for await (const chunk of speech.chunks) chunks.push(chunk);
    return { format: speech.format, bytes: new Uint8Array(Buffer.concat(chunks)) };
  };
  return { vendor, synthesizer, speak };
}

const failing = async (options: RigOptions, request = {}): Promise<ProviderError> => {
  const { speak } = await rig(options);
  return speak(request).then(
    () => {
      throw new Error('it spoke');
    },
    (error: ProviderError) => error,
  );
};

const reply = (status: number, code: string, headers = {}): VendorFault => ({
  kind: 'reply',
  reply: jsonReply(status, { detail: { status: code, message: `about ${TEXT}` } }, headers),
});

function isAudible(format: AudioFormat, bytes: Uint8Array): boolean {
  const samples =
    format.codec === 'pcm16' ? new Int16Array(bytes.slice().buffer) : decodeG711(format.codec, bytes);
  return levelDbfs(samples) > -30 && durationMs(format, bytes.length) > 1500;
}

// The vendor's SDK takes seconds to load on a busy machine.
describe('ElevenLabsSynthesizer', { timeout: 30_000 }, () => {
  it.each<[AudioFormat, string, string]>([
    [TELEPHONE_FORMAT, 'ulaw_8000', 'mulaw-8000'],
    [{ codec: 'alaw', sampleRateHz: 8000, channels: 1 }, 'alaw_8000', 'alaw-8000'],
    [pcm(8000), 'pcm_8000', 'pcm16-8000'],
    [pcm(16_000), 'pcm_16000', 'pcm16-16000'],
    [pcm(22_050), 'pcm_22050', 'pcm16-22050'],
    [pcm(24_000), 'pcm_24000', 'pcm16-24000'],
    [pcm(32_000), 'pcm_32000', 'pcm16-32000'],
    [pcm(44_100), 'pcm_44100', 'pcm16-44100'],
    [pcm(48_000), 'pcm_48000', 'pcm16-48000'],
    [pcm(12_000), 'pcm_16000', 'pcm16-16000'],
  ])('asks for what is played, and gives it: %j as %s', async (playFormat, outputFormat, name) => {
    const { vendor, speak } = await rig();
    const { format, bytes } = await speak({ playFormat });
    expect(formatName(format)).toBe(name);
    expect(isAudible(format, bytes)).toBe(true);
    expect(vendor.spoken).toEqual([
      {
        text: TEXT,
        voiceId: ELEVENLABS_VOICE,
        modelId: 'eleven_flash_v2_5',
        languageCode: 'en',
        outputFormat,
      },
    ]);
  });

  it.each([
    ['mp3_22050_32', 'pcm16-22050'],
    ['mp3_24000_48', 'pcm16-24000'],
    ['mp3_44100_128', 'pcm16-44100'],
    ['ulaw_8000', 'mulaw-8000'],
  ])('gives speech by a format that the operator sets: %s', async (outputFormat, name) => {
    const { synthesizer, speak } = await rig({ environment: { ELEVENLABS_OUTPUT_FORMAT: outputFormat } });
    const { format, bytes } = await speak();
    expect(formatName(format)).toBe(name);
    expect(isAudible(format, bytes)).toBe(true);
    expect(synthesizer.model).toBe(`eleven_flash_v2_5/${outputFormat}`);
  });

  it('knows its own voices and the one that is set', async () => {
    const { synthesizer } = await rig({ environment: { ELEVENLABS_VOICE_ID: 'short' } });
    expect(['short', ELEVENLABS_VOICE, 'slt', 'alloy'].map((name) => synthesizer.isVoice(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(synthesizer.defaultVoice).toBe('short');
  });

  it('tells the language only to a model that can be told', async () => {
    const { vendor, speak } = await rig({ environment: { ELEVENLABS_MODEL: 'eleven_multilingual_v2' } });
    await speak();
    expect(vendor.spoken[0]?.languageCode).toBeNull();
  });

  it.each<[string, RigOptions, { text?: string; voice?: string }, Partial<ProviderError>]>([
    ['a key that is not right', { apiKey: 'another' }, {}, { fault: 'denied', statusCode: 401 }],
    ['a voice that is not there', {}, { voice: 'A'.repeat(20) }, { fault: 'denied', statusCode: 404 }],
    [
      'a model that is gone',
      { environment: { ELEVENLABS_MODEL: 'eleven_gone' } },
      {},
      { fault: 'denied', statusCode: 400 },
    ],
    ['a key without permission', { permissions: [] }, {}, { fault: 'denied', statusCode: 401 }],
    [
      'a format that the plan has not',
      { mp3: undefined as never, environment: { ELEVENLABS_OUTPUT_FORMAT: 'mp3_44100_128' } },
      {},
      { fault: 'denied', statusCode: 403 },
    ],
    [
      'a format that there is not',
      { environment: { ELEVENLABS_OUTPUT_FORMAT: 'pcm_12345' } },
      {},
      { fault: 'refused' },
    ],
    ['no words', {}, { text: ' ' }, { fault: 'refused' }],
    ['more than the model speaks', {}, { text: 'x'.repeat(40_001) }, { fault: 'refused' }],
    ['a quota that is used up, as 400', { faults: [reply(400, 'quota_exceeded')] }, {}, { fault: 'denied' }],
    ['a quota that is used up, as 401', { faults: [reply(401, 'quota_exceeded')] }, {}, { fault: 'denied' }],
    ['too many at once', { faults: [reply(429, 'too_many_concurrent_requests')] }, {}, { fault: 'busy' }],
    [
      'a busy system',
      { faults: [reply(429, 'system_busy', { 'retry-after': '2' })] },
      {},
      { fault: 'transient', retryAfterMs: 2000 },
    ],
    ['any other 429', { faults: [reply(429, 'rate')] }, {}, { fault: 'transient', retryAfterMs: undefined }],
    ['a time-out of its own', { faults: [reply(408, 'late')] }, {}, { fault: 'transient' }],
    [
      'an error of its own',
      { faults: [{ kind: 'reply', reply: htmlReply(502) }] },
      {},
      { fault: 'transient', statusCode: 502 },
    ],
    ['another 400', { faults: [reply(400, 'max_character_limit_exceeded')] }, {}, { fault: 'refused' }],
    [
      'a validation',
      {
        faults: [
          {
            kind: 'reply',
            reply: jsonReply(422, {
              detail: [{ type: 'string_type', loc: ['body', 'text'], msg: 'm', input: TEXT }],
            }),
          },
        ],
      },
      {},
      {
        fault: 'refused',
        statusCode: 422,
        message: 'Expected audio from elevenlabs, received status 422 (string_type of text)',
      },
    ],
    [
      'a connection that breaks',
      { faults: [{ kind: 'reset', after: 'request' }] },
      {},
      { fault: 'transient' },
    ],
    [
      'a body that breaks off',
      { faults: [{ kind: 'reset', after: 'half-body' }] },
      {},
      { fault: 'transient' },
    ],
    [
      'JSON in place of audio',
      { faults: [{ kind: 'reply', reply: jsonReply(200, { detail: 'x' }) }] },
      {},
      { fault: 'unusable' },
    ],
    [
      'a page in place of audio',
      { faults: [{ kind: 'reply', reply: htmlReply(200) }] },
      {},
      { fault: 'unusable' },
    ],
    [
      'a page that says it is audio',
      {
        faults: [{ kind: 'reply', reply: { ...htmlReply(200), headers: { 'content-type': 'audio/basic' } } }],
      },
      {},
      { fault: 'unusable' },
    ],
    [
      'an MP3 in place of samples',
      {
        faults: [
          {
            kind: 'reply',
            reply: { status: 200, headers: { 'content-type': 'audio/mpeg' }, body: 'ID3\x04\0\0\0\0\0\0' },
          },
        ],
      },
      {},
      { fault: 'unusable' },
    ],
    [
      'nothing',
      { faults: [{ kind: 'reply', reply: { status: 200, headers: {}, body: '' } }] },
      {},
      { fault: 'unusable' },
    ],
    [
      'no body at all',
      { faults: [{ kind: 'reply', reply: { status: 204, headers: {}, body: '' } }] },
      {},
      { fault: 'unusable' },
    ],
    [
      'another address, to which the key is not carried',
      {
        faults: [
          { kind: 'reply', reply: { status: 302, headers: { location: 'http://127.0.0.1:9/' }, body: '' } },
        ],
      },
      {},
      { fault: 'unusable' },
    ],
    [
      'no MP3 where one was promised',
      { mp3: () => new Uint8Array(5000), environment: { ELEVENLABS_OUTPUT_FORMAT: 'mp3_44100_128' } },
      {},
      { fault: 'unusable' },
    ],
  ])('says what may be done about %s', async (_what, options, request, expected) => {
    const error = await failing(options, request);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ provider: 'elevenlabs', ...expected });
    for (const secret of [ELEVENLABS_KEY, TEXT, 'Kowalska']) expect(error.message).not.toContain(secret);
    expect(error.cause).toBeUndefined();
  });

  it('says that nobody listens', async () => {
    const { vendor, speak } = await rig();
    await vendor.close();
    await expect(speak()).rejects.toMatchObject({
      fault: 'transient',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it.each<[string, VendorFault]>([
    ['before the headers', { kind: 'hang', after: 'request' }],
    ['after the headers', { kind: 'hang', after: 'headers' }],
    ['in the body', { kind: 'hang', after: 'half-body' }],
    ['of a body without end', { kind: 'endless' }],
  ])('leaves an exchange at an abort %s, and no socket', async (_phase, fault) => {
    const { vendor, speak } = await rig({ faults: [fault] });
    const abort = new AbortController();
    const reason = new Error('the caller went');
    const spoken = speak({}, abort.signal);
    const timer = setInterval(() => {
      if (vendor.server.requestsAccepted > 0) abort.abort(reason);
    }, 20);
    await expect(spoken).rejects.toBe(reason);
    clearInterval(timer);
    await vendor.server.noSockets();
  });

  it('sends nothing for a signal that is aborted before', async () => {
    const { vendor, speak } = await rig();
    await expect(speak({}, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(vendor.server.socketsOpened).toBe(0);
  });

  it('speaks again over the connection that it has', async () => {
    const { vendor, speak } = await rig();
    await speak();
    await speak();
    expect(vendor.server.socketsOpened).toBe(1);
  });
});
