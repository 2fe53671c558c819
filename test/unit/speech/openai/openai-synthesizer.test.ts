import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../../src/audio/audio-format.ts';
import type { ProviderFault } from '../../../../src/errors.ts';
import { OPENAI_FAULTS, rateLimited } from '../../../../src/simulator/vendors/openai-reply.ts';
import { faultQueue, type VendorFault } from '../../../../src/simulator/vendors/vendor-fault.ts';
import { OpenAiSynthesizer } from '../../../../src/speech/openai/openai-synthesizer.ts';
import type { SynthesizedSpeech } from '../../../../src/speech/synthesizer.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { openAiRig, type RigOptions } from '../../../support/openai-rig.ts';

/** A busy machine may take its time; nothing waits for it. */
const PATIENT = { timeout: 4000 };

const HELLO = { text: 'Hello.', voice: 'coral', language: 'en', playFormat: TELEPHONE_FORMAT };
const VOICE = { model: 'gpt-4o-mini-tts', defaultVoice: 'alloy' };
const SAMPLES = Int16Array.from({ length: 24_000 }, (_, index) => (index * 7919) % 20_011);

async function rig(options: RigOptions = {}) {
  const { vendor, api } = await openAiRig({ body: 'stream', speak: () => SAMPLES, ...options });
  return { vendor, synthesizer: new OpenAiSynthesizer(api, VOICE) };
}

async function collect(speech: SynthesizedSpeech): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of speech.chunks) pieces.push(chunk);
  return Buffer.concat(pieces);
}

function audioReply(contentType: string | null, body: string | Uint8Array): VendorFault {
  const headers = contentType === null ? {} : { 'content-type': contentType };
  return { kind: 'reply', reply: { status: 200, headers, body, pieceBytes: 3 } };
}

const { signal } = new AbortController();

describe('the OpenAI synthesizer', () => {
  it('gives the samples that the vendor sent, in its format', async () => {
    const { vendor, synthesizer } = await rig();
    const speech = await synthesizer.synthesize(HELLO, signal);
    expect(speech.format).toEqual({ codec: 'pcm16', sampleRateHz: 24_000, channels: 1 });
    expect(await collect(speech)).toEqual(Buffer.from(SAMPLES.buffer));
    expect(vendor.speeches).toEqual([{ model: 'gpt-4o-mini-tts', voice: 'coral', input: 'Hello.' }]);
  });

  it('keeps its connection', async () => {
    const { vendor, synthesizer } = await rig();
    for (let text = 0; text < 3; text++) await collect(await synthesizer.synthesize(HELLO, signal));
    expect(vendor.server.socketsOpened).toBe(1);
  });

  it('knows its voices, and the one that is configured', async () => {
    const { api } = await openAiRig({ body: 'stream' });
    const synthesizer = new OpenAiSynthesizer(api, { model: 'kokoro', defaultVoice: 'af_heart' });
    expect(['af_heart', 'marin', 'slt'].map((name) => synthesizer.isVoice(name))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it.each([
    ['an unknown voice', { voice: 'slt' }],
    ['no text', { text: ' ' }],
    ['too long a text', { text: 'x'.repeat(4097) }],
  ])('refuses %s without a request', async (_name, changes) => {
    const { vendor, synthesizer } = await rig();
    const speech = synthesizer.synthesize({ ...HELLO, ...changes }, signal);
    await expect(speech).rejects.toMatchObject({ fault: 'refused' });
    expect(vendor.server.socketsOpened).toBe(0);
  });

  it('takes audio that calls itself bytes or nothing', async () => {
    const { synthesizer } = await rig({
      fault: faultQueue([audioReply('application/octet-stream', 'abcdefgh'), audioReply(null, 'ab')]),
    });
    expect((await collect(await synthesizer.synthesize(HELLO, signal))).toString()).toBe('abcdefgh');
    expect((await collect(await synthesizer.synthesize(HELLO, signal))).toString()).toBe('ab');
  });

  it('passes on half a sample: what to do with it is the reader’s rule', async () => {
    const { synthesizer } = await rig({ fault: faultQueue([OPENAI_FAULTS.oddByteCount]) });
    expect((await collect(await synthesizer.synthesize(HELLO, signal))).length).toBe(47_999);
  });

  it('gives what comes slowly as it comes', async () => {
    const clock = new FakeClock();
    const fault: VendorFault = { kind: 'trickle', pieceBytes: 4800, everyMs: 200 };
    const { synthesizer } = await rig({ clock, fault: faultQueue([fault]) });
    const { chunks } = await synthesizer.synthesize(HELLO, signal);
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      clock.advanceMs(200);
    }
    expect(bytes).toBe(48_000);
  });
});

describe('what the OpenAI synthesizer does not take for speech', () => {
  it.each<[string, VendorFault]>([
    ['JSON with 200', OPENAI_FAULTS.errorWithSuccess],
    ['HTML with 200', OPENAI_FAULTS.htmlWithSuccess],
    ['nothing', OPENAI_FAULTS.emptyAudio],
    ['text with 200', audioReply('text/plain', 'Sorry, not today.')],
    ['a WAV file', audioReply('audio/pcm', 'RIFF$...WAVEfmt ')],
    ['an MP3 file', audioReply('audio/mpeg', 'ID3.......')],
    ['JSON that calls itself audio', audioReply('audio/pcm', '{"error":{}}')],
    ['HTML that calls itself audio', audioReply('audio/pcm', '<!DOCTYPE html>')],
  ])('%s', async (_name, fault) => {
    const { vendor, synthesizer } = await rig({ fault: faultQueue([fault]) });
    await expect(synthesizer.synthesize(HELLO, signal)).rejects.toMatchObject({ fault: 'unusable' });
    expect((await collect(await synthesizer.synthesize(HELLO, signal))).length).toBe(48_000);
    expect(vendor.server.requestsAccepted).toBe(2);
  });
});

it('ends the request of what is no speech, however much of it would come', async () => {
  const { vendor, synthesizer } = await rig({
    speak: () => new Int16Array(Buffer.from('RIFF'.repeat(4000)).buffer.slice(0, 16_000)),
    fault: () => OPENAI_FAULTS.endlessAudio,
  });
  await expect(synthesizer.synthesize(HELLO, signal)).rejects.toMatchObject({ fault: 'unusable' });
  await vendor.server.noSockets();
});

describe('a failure of the OpenAI synthesizer', () => {
  it.each<[keyof typeof OPENAI_FAULTS, ProviderFault]>([
    ['serverError', 'transient'],
    ['htmlBadGateway', 'transient'],
    ['resetBeforeHeaders', 'transient'],
    ['tooManyConcurrentRequests', 'transient'],
    ['insufficientQuota', 'denied'],
    ['invalidKey', 'denied'],
    ['modelNotFound', 'denied'],
    ['badRequest', 'refused'],
  ])('%s is %s', async (name, fault) => {
    const { synthesizer } = await rig({ fault: faultQueue([OPENAI_FAULTS[name]]) });
    await expect(synthesizer.synthesize(HELLO, signal)).rejects.toMatchObject({ provider: 'openai', fault });
  });

  it('tells when it may be asked again', async () => {
    const { synthesizer } = await rig({ fault: faultQueue([rateLimited('3')]) });
    await expect(synthesizer.synthesize(HELLO, signal)).rejects.toMatchObject({ retryAfterMs: 3000 });
  });

  it('in the middle of the audio comes after what came before it', async () => {
    const { synthesizer } = await rig({ fault: faultQueue([OPENAI_FAULTS.resetInBody]) });
    const speech = await synthesizer.synthesize(HELLO, signal);
    await expect(collect(speech)).rejects.toMatchObject({ provider: 'openai', fault: 'transient' });
  });

  it('is audio without end', async () => {
    const { vendor, synthesizer } = await rig({
      speak: () => new Int16Array(2_000_000),
      fault: faultQueue([OPENAI_FAULTS.endlessAudio]),
    });
    const speech = await synthesizer.synthesize(HELLO, signal);
    await expect(collect(speech)).rejects.toMatchObject({ fault: 'unusable' });
    await vendor.server.noSockets();
  });
});

describe('an end of the OpenAI synthesizer', () => {
  const reason = new Error('the deadline');

  it.each(['hangBeforeHeaders', 'hangAfterHeaders'] as const)('by its signal, %s', async (name) => {
    const { vendor, synthesizer } = await rig({ fault: () => OPENAI_FAULTS[name] });
    const abort = new AbortController();
    const speech = synthesizer.synthesize(HELLO, abort.signal);
    await expect.poll(() => vendor.speeches.length, PATIENT).toBe(1);
    abort.abort(reason);
    await expect(speech).rejects.toBe(reason);
    await vendor.server.noSockets();
  });

  it('by its signal while the audio stalls', async () => {
    const { vendor, synthesizer } = await rig({ fault: () => OPENAI_FAULTS.hangInBody });
    const abort = new AbortController();
    const speech = await synthesizer.synthesize(HELLO, abort.signal);
    const audio = collect(speech);
    abort.abort(reason);
    await expect(audio).rejects.toBe(reason);
    await vendor.server.noSockets();
  });

  it('by a reader that has enough', async () => {
    const { vendor, synthesizer } = await rig({ fault: () => OPENAI_FAULTS.endlessAudio });
    const { chunks } = await synthesizer.synthesize(HELLO, signal);
    for await (const _ of chunks) break;
    await vendor.server.noSockets();
  });
});
