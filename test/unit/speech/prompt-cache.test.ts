import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import type { ReadyPrompt } from '../../../src/audio/ready-prompt.ts';
import type { PromptSource } from '../../../src/speech/prompt.ts';
import { PromptCache } from '../../../src/speech/prompt-cache.ts';
import { PromptFiles } from '../../../src/speech/prompt-files.ts';
import { readyPrompt } from '../../support/prompt-fixture.ts';
import { keptLog, silentLog } from '../../support/silent-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KEY = 'a'.repeat(32);
const TEXT: PromptSource = { kind: 'text', text: 'Hello.', voice: 'slt', language: 'en' };
const AUDIO: PromptSource = { kind: 'audio', path: '/prompts/hello.wav' };

class FakeMaker {
  made = 0;
  failsWith: Error | null = null;
  async make(key: string): Promise<ReadyPrompt> {
    this.made++;
    await Promise.resolve();
    if (this.failsWith !== null) throw this.failsWith;
    return readyPrompt(key);
  }
}

async function openFiles(): Promise<PromptFiles> {
  const files = new PromptFiles(temporaryFolder(), 'fake');
  await files.open();
  return files;
}

/** Until the file of this prompt is there: it is written after the prompt was given out. */
async function kept(files: PromptFiles): Promise<void> {
  while ((await files.load(KEY, TELEPHONE_FORMAT)) === null);
}

describe('PromptCache', () => {
  it('makes a prompt once for all who ask at the same time', async () => {
    const maker = new FakeMaker();
    const cache = new PromptCache(maker, null, silentLog);
    const [first, second] = await Promise.all([
      cache.get(KEY, TEXT, TELEPHONE_FORMAT),
      cache.get(KEY, TEXT, TELEPHONE_FORMAT),
    ]);
    expect(maker.made).toBe(1);
    expect(second).toBe(first);
  });

  it('takes from disk what an earlier process made', async () => {
    const files = await openFiles();
    await new PromptCache(new FakeMaker(), files, silentLog).get(KEY, TEXT, TELEPHONE_FORMAT);
    await kept(files);
    const maker = new FakeMaker();
    const prompt = await new PromptCache(maker, files, silentLog).get(KEY, TEXT, TELEPHONE_FORMAT);
    expect(maker.made).toBe(0);
    expect(prompt).toEqual(readyPrompt(KEY));
  });

  it('makes recorded audio anew, since its file may have changed', async () => {
    const files = await openFiles();
    await files.save(readyPrompt(KEY));
    const maker = new FakeMaker();
    await new PromptCache(maker, files, silentLog).get(KEY, AUDIO, TELEPHONE_FORMAT);
    expect(maker.made).toBe(1);
  });

  it('tries again after a failure', async () => {
    const maker = new FakeMaker();
    const cache = new PromptCache(maker, null, silentLog);
    maker.failsWith = new Error('no voice');
    await expect(cache.get(KEY, TEXT, TELEPHONE_FORMAT)).rejects.toThrow('no voice');
    maker.failsWith = null;
    await expect(cache.get(KEY, TEXT, TELEPHONE_FORMAT)).resolves.toEqual(readyPrompt(KEY));
  });

  it('gives the prompt when the disk is full, and says so once', async () => {
    const files = await openFiles();
    files.save = () => Promise.reject(new Error('ENOSPC'));
    const { log, lines } = keptLog();
    const cache = new PromptCache(new FakeMaker(), files, log);
    await cache.get(KEY, TEXT, TELEPHONE_FORMAT);
    await cache.get('b'.repeat(32), TEXT, TELEPHONE_FORMAT);
    expect(lines()).toMatchObject([{ event: 'prompt.not-kept' }]);
  });
});
