import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { PromptFiles } from '../../../src/speech/prompt-files.ts';
import { PCM_16K, readyPrompt } from '../../support/prompt-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KEY = 'a'.repeat(32);

async function filesUnderTest() {
  const folder = join(temporaryFolder(), 'prompts');
  const open = async (provider = 'builtin') => {
    const files = new PromptFiles(folder, provider);
    await files.open();
    return files;
  };
  return { folder, open, files: await open(), path: join(folder, `${KEY}.prompt`) };
}

describe('PromptFiles', () => {
  it('gives back what it kept, in shared memory', async () => {
    const { files, open } = await filesUnderTest();
    await files.save(readyPrompt(KEY));
    const prompt = await (await open()).load(KEY, TELEPHONE_FORMAT);
    expect(prompt).toEqual(readyPrompt(KEY));
    expect(prompt?.wire.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('is for the eyes of its owner alone, also where it was not', async () => {
    const { folder, files, open, path } = await filesUnderTest();
    const modeOf = (name: string) => statSync(name).mode & 0o777;
    await files.save(readyPrompt(KEY));
    expect([modeOf(folder), modeOf(path)]).toEqual([0o700, 0o600]);
    chmodSync(folder, 0o755);
    await open();
    expect(modeOf(folder)).toBe(0o700);
  });

  it('has nothing under a key that was never kept', async () => {
    const { files } = await filesUnderTest();
    expect(await files.load(KEY, TELEPHONE_FORMAT)).toBeNull();
  });

  it.each([
    ['was cut short', (path: string) => truncateSync(path, 700)],
    ['has one wrong byte', (path: string) => flipByte(path, 200)],
    ['has a wrong header', (path: string) => flipByte(path, 3)],
    ['is empty', (path: string) => writeFileSync(path, '')],
  ])('takes a file that %s as absent, and removes it', async (_name, damage) => {
    const { files, path } = await filesUnderTest();
    await files.save(readyPrompt(KEY));
    damage(path);
    expect(await files.load(KEY, TELEPHONE_FORMAT)).toBeNull();
    expect(existsSync(path)).toBe(false);
  });

  it("does not take another format, or another provider's voice", async () => {
    const { files, open } = await filesUnderTest();
    await files.save(readyPrompt(KEY));
    expect(await (await open('elevenlabs')).load(KEY, TELEPHONE_FORMAT)).toBeNull();
    await files.save(readyPrompt(KEY));
    expect(await files.load(KEY, PCM_16K)).toBeNull();
  });

  it('keeps its bound by forgetting what was not used for longest', async () => {
    const { files, folder } = await filesUnderTest();
    const keys = ['1', '2', '3', '4', '5', '6'].map((digit) => digit.repeat(32));
    for (const [index, key] of keys.entries()) {
      await files.save(readyPrompt(key, 3));
      // The last one was used longest ago.
      utimesSync(join(folder, `${key}.prompt`), 10 - index, 10 - index);
    }
    const bounded = new PromptFiles(folder, 'builtin', 10_000);
    await bounded.open();
    expect(readdirSync(folder).sort()).toEqual(keys.slice(0, 4).map((key) => `${key}.prompt`));
    for (const digit of ['7', '8']) await bounded.save(readyPrompt(digit.repeat(32), 3));
    expect(readdirSync(folder)).toHaveLength(4);
  });

  it('clears what an interrupted write left, and nothing that is not its own', async () => {
    const { folder, open } = await filesUnderTest();
    writeFileSync(join(folder, `${KEY}.0123.part`), 'half');
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    await open();
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });
});

function flipByte(path: string, at: number): void {
  const file = readFileSync(path);
  file[at] = (file[at] ?? 0) ^ 1;
  writeFileSync(path, file);
}
