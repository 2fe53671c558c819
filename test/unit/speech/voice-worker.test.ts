import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SpeechSettings } from '../../../src/channel/speech-settings.ts';
import type { FromVoice, PromptWanted } from '../../../src/channel/voice-messages.ts';
import type { VoiceWorkerStart } from '../../../src/channel/voice-start.ts';
import { elevenLabsSpeechSettings, elevenLabsVendor } from '../../support/elevenlabs-rig.ts';
import { speechSettings } from '../../support/speech-settings.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function workerUnderTest(dataDir: string, speech: SpeechSettings = speechSettings()) {
  const worker = new Worker(new URL('../../../src/speech/voice-worker.ts', import.meta.url), {
    workerData: {
      dataDir,
      logLevel: 'silent',
      logPii: false,
      speech,
      promptBytesMax: 1e8,
    } satisfies VoiceWorkerStart,
  });
  const said: FromVoice[] = [];
  worker.on('message', (message: FromVoice) => said.push(message));
  const close = async () => {
    await worker.terminate();
  };
  onTestFinished(close);
  const want = (key: string, text: string, voice = 'slt') =>
    worker.postMessage({
      kind: 'prompt.wanted',
      key,
      format: 'mulaw-8000',
      source: { kind: 'text', text, voice, language: 'en' },
      isUrgent: false,
    } satisfies PromptWanted);
  /** Of prompts, and of what the check found; fails after 15 s without so many. */
  const hears = (kind: FromVoice['kind'], amount = 1) =>
    vi.waitFor(
      () => {
        const found = said.filter((message) => message.kind === kind);
        expect(found).toHaveLength(amount);
        return found;
      },
      { timeout: 15_000, interval: 20 },
    );
  return { want, hears, said, close };
}

const filesIn = (dataDir: string) =>
  readdirSync(join(dataDir, 'prompts')).filter((name) => name.endsWith('.prompt'));

describe('the voice thread', () => {
  it('says when it is ready, makes what was wanted before, and keeps it on disk', async () => {
    const dataDir = temporaryFolder();
    const { said, hears, want } = workerUnderTest(dataDir);
    want('a', 'Hello.');
    const [prompt] = await hears('prompt.ready');
    expect(said[0]).toMatchObject({
      kind: 'voice.ready',
      provider: 'builtin',
      voices: expect.arrayContaining(['slt']),
    });
    if (prompt?.kind !== 'prompt.ready') throw new Error('Expected a prompt');
    expect(prompt).toMatchObject({ provider: 'builtin', isStandIn: false });
    expect(prompt.wire.length % 640).toBe(0);
    expect(prompt.durationMs).toBeGreaterThan(300);
    want('b', 'Hello.', 'nobody');
    expect(await hears('prompt.failed')).toMatchObject([{ key: 'b', error: { code: 'ERR_PROVIDER' } }]);
    // It is written after it was given out.
    await vi.waitFor(() => expect(filesIn(dataDir)).toHaveLength(1));
  });

  it('speaks also where it can keep nothing', async () => {
    const { hears, want } = workerUnderTest('/dev/null');
    want('a', 'Hello.');
    await hears('prompt.ready');
  });

  it('speaks by ElevenLabs, and after a restart from disk with no request', { timeout: 30_000 }, async () => {
    const vendor = await elevenLabsVendor();
    const dataDir = temporaryFolder();
    const speech = elevenLabsSpeechSettings(vendor.origin);
    const before = workerUnderTest(dataDir, speech);
    for (const key of ['a', 'b']) before.want(key, `Hello, ${key}.`);
    expect(await before.hears('prompt.ready', 2)).toMatchObject([
      { provider: 'elevenlabs', isStandIn: false },
      { provider: 'elevenlabs', isStandIn: false },
    ]);
    expect(before.said[0]).toMatchObject({ kind: 'voice.ready', provider: 'elevenlabs' });
    expect(await before.hears('vendor.checked')).toMatchObject([{ provider: 'elevenlabs', level: 'ok' }]);
    await vi.waitFor(() => expect(filesIn(dataDir)).toHaveLength(2));
    await before.close();
    const after = workerUnderTest(dataDir, speech);
    for (const key of ['a', 'b']) after.want(key, `Hello, ${key}.`);
    expect(await after.hears('prompt.ready', 2)).toMatchObject([
      { provider: 'elevenlabs', isStandIn: false },
      { provider: 'elevenlabs', isStandIn: false },
    ]);
    expect(vendor.spoken).toHaveLength(2);
  });

  it('has the built-in voice stand in where ElevenLabs refuses the key, and says so', {
    timeout: 30_000,
  }, async () => {
    const vendor = await elevenLabsVendor({ apiKey: 'another' });
    const { hears, want } = workerUnderTest(temporaryFolder(), elevenLabsSpeechSettings(vendor.origin));
    want('a', 'Hello.');
    expect(await hears('prompt.ready')).toMatchObject([{ provider: 'builtin', isStandIn: true }]);
    expect(await hears('vendor.checked')).toMatchObject([
      { level: 'error', text: expect.stringContaining('ELEVENLABS_API_KEY') },
    ]);
  });

  it('sends no more at once than the plan allows, and waits where others use it, too', {
    timeout: 30_000,
  }, async () => {
    const vendor = await elevenLabsVendor({ concurrencyMax: 1, latencyMs: 20 });
    const { hears, want } = workerUnderTest(
      temporaryFolder(),
      elevenLabsSpeechSettings(vendor.origin, { ELEVENLABS_CONCURRENCY: '3' }),
    );
    for (let index = 0; index < 5; index++) want(String(index), `Hello, number ${index}.`);
    const prompts = await hears('prompt.ready', 5);
    expect(
      prompts.every((prompt) => prompt.kind === 'prompt.ready' && prompt.provider === 'elevenlabs'),
    ).toBe(true);
  });
});
