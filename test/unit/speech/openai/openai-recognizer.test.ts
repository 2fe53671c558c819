import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/clock.ts';
import { ProviderError, type ProviderFault } from '../../../../src/errors.ts';
import { OPENAI_FAULTS, rateLimited } from '../../../../src/simulator/vendors/openai-reply.ts';
import { faultQueue, type VendorFault } from '../../../../src/simulator/vendors/vendor-fault.ts';
import { OpenAiRecognizer } from '../../../../src/speech/openai/openai-recognizer.ts';
import { TranscriptionApi } from '../../../../src/speech/openai/transcription-api.ts';
import type { SpeechExpectation, Transcript } from '../../../../src/speech/recognizer.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { API_KEY, openAiRig, openAiSettings, type RigOptions, YES_NO } from '../../../support/openai-rig.ts';
import { tone } from '../../../support/tone.ts';

async function rig(options: RigOptions & { model?: string } = {}) {
  const { vendor, transcriptions } = await openAiRig(options);
  const recognizer = new OpenAiRecognizer(transcriptions, options.model ?? 'gpt-transcribe');
  const hear = (
    pieces = [tone(500)],
    expectation: SpeechExpectation = YES_NO,
    signal = new AbortController().signal,
  ): Promise<Transcript> => {
    const recognition = recognizer.open(expectation, signal);
    for (const piece of pieces) recognition.push(piece);
    return recognition.end();
  };
  return { vendor, transcriptions, hear };
}

async function failureOf(request: Promise<unknown>): Promise<ProviderError> {
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProviderError))
    throw new Error(`Expected a ProviderError, received ${String(error)}`);
  return error;
}

describe('the OpenAI recognizer', () => {
  it('sends an utterance as one file of 16 kHz with what the question expects, and gives the transcript', async () => {
    const { vendor, hear } = await rig({ transcribe: () => ' Yes, please. ' });
    const whole = tone(500);
    const pieces = [0, 1000, 2500].map((from, at) => ({
      samples: whole.samples.subarray(from, [1000, 2500, 4000][at]),
      sampleRateHz: 8000 as const,
    }));
    expect(await hear(pieces)).toEqual({ text: 'Yes, please.', confidence: null, provider: 'openai' });
    const [utterance] = vendor.utterances;
    expect(utterance).toMatchObject({
      model: 'gpt-transcribe',
      fileName: 'audio.wav',
      sampleRateHz: 16_000,
      languages: ['en'],
      keywords: ['yes', 'no'],
    });
    // The same tone at the same time, but for the first and last milliseconds, where the filter begins and ends.
    const right = tone(500, 16_000).samples.subarray(200, 7800);
    const difference = utterance!.samples.subarray(200, 7800).map((sample, at) => sample - right[at]!);
    expect(utterance!.samples.length).toBe(8000);
    expect(Math.max(...difference.map(Math.abs))).toBeLessThan(100);
  });

  it.each(['whisper-1', 'gpt-4o-transcribe'])('gives %s the one field that it knows', async (model) => {
    const { vendor, hear } = await rig({ model });
    await hear();
    expect(vendor.utterances[0]).toMatchObject({ model, languages: ['en'], keywords: [] });
  });

  it('leaves out hints that the API would reject', async () => {
    const { vendor, hear } = await rig();
    const keywords = [
      ' ',
      'yes\r\n--x',
      'x'.repeat(61),
      ...Array.from({ length: 80 }, (_, at) => `word ${at}`),
    ];
    await hear(undefined, { kind: 'choice', language: 'yue-HK', keywords });
    expect(vendor.utterances[0]?.languages).toEqual([]);
    expect(vendor.utterances[0]?.keywords).toHaveLength(50);
    expect(vendor.utterances[0]?.keywords.slice(0, 2)).toEqual(['yes --x', 'word 0']);
  });

  it('gives an empty transcript for an empty text', async () => {
    const { hear } = await rig({ transcribe: () => '' });
    expect((await hear()).text).toBe('');
  });

  it('asks for no transcript of what is too short to be a word', async () => {
    const { vendor, hear } = await rig();
    expect(await hear([tone(99)])).toEqual({ text: '', confidence: null, provider: 'openai' });
    expect((await hear([])).text).toBe('');
    expect(vendor.server.socketsOpened).toBe(0);
    expect((await hear([tone(100)])).text).toBe('yes');
  });

  it('refuses pieces of different rates, and more than two minutes', async () => {
    const { hear } = await rig();
    expect((await failureOf(hear([tone(100), tone(100, 16_000)]))).fault).toBe('refused');
    expect((await failureOf(hear(Array.from({ length: 121 }, () => tone(1000))))).fault).toBe('refused');
  });

  it('keeps its connection from utterance to utterance', async () => {
    const { vendor, hear } = await rig();
    for (let utterance = 0; utterance < 4; utterance++) await hear();
    expect(vendor.server.socketsOpened).toBe(1);
  });

  it('sends no key where the server asks for none', async () => {
    const { vendor } = await openAiRig();
    const settings = openAiSettings({ baseUrl: vendor.baseUrl, apiKey: null });
    const api = new TranscriptionApi({ settings, clock: systemClock });
    const recognition = new OpenAiRecognizer(api, 'gpt-transcribe').open(
      YES_NO,
      new AbortController().signal,
    );
    recognition.push(tone(500));
    await failureOf(recognition.end());
    expect(vendor.rejections[0]).toContain("didn't provide an API key");
    api.close();
  });
});

describe('a failure of the OpenAI recognizer', () => {
  it.each<[keyof typeof OPENAI_FAULTS, ProviderFault, number | undefined]>([
    ['serverError', 'transient', 500],
    ['overloaded', 'transient', 503],
    ['htmlBadGateway', 'transient', 502],
    ['tooManyConcurrentRequests', 'transient', 429],
    ['resetBeforeHeaders', 'transient', undefined],
    ['resetInBody', 'transient', undefined],
    ['invalidKey', 'denied', 401],
    ['insufficientQuota', 'denied', 429],
    ['modelNotFound', 'denied', 404],
    ['badRequest', 'refused', 400],
    ['emptyBody', 'unusable', undefined],
    ['cutJson', 'unusable', undefined],
    ['htmlWithSuccess', 'unusable', undefined],
    ['wrongType', 'unusable', undefined],
    ['wrongShape', 'unusable', undefined],
    ['nullText', 'unusable', undefined],
    ['hugeText', 'unusable', undefined],
    ['errorWithSuccess', 'unusable', undefined],
  ])('%s is %s', async (name, fault, statusCode) => {
    const { vendor, hear } = await rig({ fault: faultQueue([OPENAI_FAULTS[name]]) });
    const failure = await failureOf(hear());
    expect(failure).toMatchObject({ provider: 'openai', fault, statusCode, code: 'ERR_PROVIDER' });
    expect(vendor.server.requestsAccepted).toBe(1);
    expect((await hear()).text).toBe('yes');
  });

  it.each<[number, ProviderFault]>([
    [301, 'denied'],
    [402, 'denied'],
    [403, 'denied'],
    [404, 'denied'],
    [408, 'transient'],
    [409, 'transient'],
    [413, 'refused'],
    [422, 'refused'],
  ])('status %i is %s', async (status, fault) => {
    const reply = { status, headers: { 'content-type': 'text/plain' }, body: 'no' };
    const { hear } = await rig({ fault: faultQueue([{ kind: 'reply', reply }]) });
    expect(await failureOf(hear())).toMatchObject({ fault, statusCode: status });
  });

  it.each<[string, number | undefined]>([
    ['1', 1000],
    ['0.5', 500],
    ['600', 600_000],
    ['Sun, 22 Nov 2026 00:00:07 GMT', 7000],
    ['Sat, 21 Nov 2026 00:00:00 GMT', 0],
    ['soon', undefined],
  ])('tells Retry-After %s as the vendor said it', async (header, retryAfterMs) => {
    const clientClock = new FakeClock(Date.UTC(2026, 10, 22));
    const { hear } = await rig({ clientClock, fault: faultQueue([rateLimited(header)]) });
    expect(await failureOf(hear())).toMatchObject({ fault: 'transient', statusCode: 429, retryAfterMs });
  });

  it('prefers retry-after-ms', async () => {
    const headers = { 'retry-after-ms': '250', 'retry-after': '9' };
    const { hear } = await rig({
      fault: faultQueue([{ kind: 'reply', reply: { status: 429, headers, body: '{}' } }]),
    });
    expect((await failureOf(hear())).retryAfterMs).toBe(250);
  });

  it('names provider, status, code and request, and nothing of key, transcript or answer', async () => {
    const secret = `my card is 4242, ${API_KEY}`;
    const body = JSON.stringify({ error: { message: secret, type: secret, code: 'rate_limit_exceeded' } });
    const headers = { 'content-type': 'application/json', 'x-request-id': 'req_42' };
    const cut: VendorFault = {
      kind: 'reply',
      reply: { status: 200, headers, body: `{"text":"${secret}` },
    };
    const prose = JSON.stringify({ error: { message: secret, type: secret, code: secret } });
    const { hear } = await rig({
      fault: faultQueue([
        { kind: 'reply', reply: { status: 429, headers, body } },
        { kind: 'reply', reply: { status: 400, headers: { 'x-request-id': secret }, body: prose } },
        cut,
      ]),
    });
    const limited = await failureOf(hear());
    expect(limited.message).toBe('openai answered with status 429 (rate_limit_exceeded, request req_42)');
    for (const failure of [limited, await failureOf(hear()), await failureOf(hear())]) {
      expect(JSON.stringify([failure.message, failure.stack, failure.cause])).not.toMatch(/4242|sk-secret/);
    }
  });

  it('of a connection that nobody takes is transient and names why', async () => {
    const { vendor, hear } = await rig();
    await vendor.close();
    const failure = await failureOf(hear());
    expect(failure).toMatchObject({ fault: 'transient' });
    expect(failure.message).toBe('The connection to openai failed (ECONNREFUSED)');
  });
});

describe('an abort of the OpenAI recognizer', () => {
  const reason = new Error('the caller went on');

  it.each<[keyof typeof OPENAI_FAULTS]>([['hangBeforeHeaders'], ['hangAfterHeaders'], ['hangInBody']])(
    'during %s rejects with its reason and leaves no connection',
    async (name) => {
      const { promise: come, resolve: comes } = Promise.withResolvers<void>();
      const { vendor, hear } = await rig({
        fault: () => {
          comes();
          return OPENAI_FAULTS[name];
        },
      });
      const abort = new AbortController();
      const request = hear([tone(500)], YES_NO, abort.signal);
      await come;
      abort.abort(reason);
      await expect(request).rejects.toBe(reason);
      await vendor.server.noSockets();
    },
  );

  it('before the end sends nothing', async () => {
    const { vendor, hear } = await rig();
    await expect(hear([tone(500)], YES_NO, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(vendor.server.socketsOpened).toBe(0);
  });
});
