import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as endOfTick } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FromVoice, PromptWanted } from '../../../src/channel/voice-messages.ts';
import type { VoiceWorkerStart } from '../../../src/channel/voice-start.ts';
import { speechSettings } from '../../support/speech-settings.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function workerUnderTest(dataDir: string) {
  const worker = new Worker(new URL('../../../src/speech/voice-worker.ts', import.meta.url), {
    workerData: {
      dataDir,
      logLevel: 'silent',
      logPii: false,
      speech: speechSettings(),
      promptBytesMax: 1e8,
    } satisfies VoiceWorkerStart,
  });
  onTestFinished(async () => {
    await worker.terminate();
  });
  const said: FromVoice[] = [];
  let wake = () => {};
  worker.on('message', (message: FromVoice) => {
    said.push(message);
    wake();
  });
  const next = async () => {
    while (said.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return said.shift() as FromVoice;
  };
  const want = (key: string, text: string, voice = 'slt') =>
    worker.postMessage({
      kind: 'prompt.wanted',
      key: key.repeat(32),
      format: 'mulaw-8000',
      source: { kind: 'text', text, voice, language: 'en' },
      isUrgent: false,
    } satisfies PromptWanted);
  return { next, want };
}

describe('the voice thread', () => {
  it('says when it is ready, makes what was wanted before, and keeps it on disk', async () => {
    const dataDir = temporaryFolder();
    const { next, want } = workerUnderTest(dataDir);
    want('a', 'Hello.');
    expect(await next()).toMatchObject({ kind: 'voice.ready', provider: 'builtin' });
    const prompt = await next();
    if (prompt.kind !== 'prompt.ready') throw new Error(`Expected a prompt, received ${prompt.kind}`);
    expect(prompt.wire.length % 640).toBe(0);
    expect(prompt.durationMs).toBeGreaterThan(300);
    want('b', 'Hello.', 'nobody');
    expect(await next()).toMatchObject({ kind: 'prompt.failed', key: 'b'.repeat(32) });
    // It is written after it was given out.
    const fileName = `${'a'.repeat(32)}.prompt`;
    while (!readdirSync(join(dataDir, 'prompts')).includes(fileName)) await endOfTick();
  });

  it('speaks also where it can keep nothing', async () => {
    const { next, want } = workerUnderTest('/dev/null');
    want('a', 'Hello.');
    expect(await next()).toMatchObject({ kind: 'voice.ready' });
    expect(await next()).toMatchObject({ kind: 'prompt.ready' });
  });
});
