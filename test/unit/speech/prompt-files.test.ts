import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { PromptFiles } from '../../../src/speech/prompt-files.ts';
import { type Spoken, spokenKey } from '../../../src/speech/spoken.ts';
import { PCM_16K, readyPrompt } from '../../support/prompt-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KEY = 'a'.repeat(32);
const SPOKEN: Spoken = {
  text: 'Hello.',
  provider: 'elevenlabs',
  model: 'flash',
  voice: 'Rachel',
  language: 'en',
};
const saying = (text: string): Spoken => ({ ...SPOKEN, text });
const nameOf = (spoken: Spoken): string => `${spokenKey(spoken, TELEPHONE_FORMAT)}.prompt`;

async function filesUnderTest() {
  const folder = join(temporaryFolder(), 'prompts');
  const open = async (totalBytesMax = 1e8) => {
    const files = new PromptFiles(folder, totalBytesMax);
    await files.open();
    return files;
  };
  return { folder, open, files: await open(), path: join(folder, nameOf(SPOKEN)) };
}

describe('PromptFiles', () => {
  it('gives back what it kept, in shared memory', async () => {
    const { files, open } = await filesUnderTest();
    await files.save(readyPrompt(KEY), SPOKEN);
    const prompt = await (await open()).load(KEY, SPOKEN, TELEPHONE_FORMAT);
    expect(prompt).toEqual(readyPrompt(KEY));
    expect(prompt?.wire.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('is for the eyes of its owner alone, also where it was not', async () => {
    const { folder, files, open, path } = await filesUnderTest();
    const modeOf = (name: string) => statSync(name).mode & 0o777;
    await files.save(readyPrompt(KEY), SPOKEN);
    expect([modeOf(folder), modeOf(path)]).toEqual([0o700, 0o600]);
    chmodSync(folder, 0o755);
    await open();
    expect(modeOf(folder)).toBe(0o700);
  });

  it('has nothing under a key that was never kept', async () => {
    const { files } = await filesUnderTest();
    expect(await files.load(KEY, SPOKEN, TELEPHONE_FORMAT)).toBeNull();
  });

  it.each([
    ['was cut short', (path: string) => truncateSync(path, 700)],
    ['has one wrong byte', (path: string) => flipByte(path, 200)],
    ['has a wrong header', (path: string) => flipByte(path, 3)],
    ['is empty', (path: string) => writeFileSync(path, '')],
  ])('takes a file that %s as absent, and removes it', async (_name, damage) => {
    const { files, path } = await filesUnderTest();
    await files.save(readyPrompt(KEY), SPOKEN);
    damage(path);
    expect(await files.load(KEY, SPOKEN, TELEPHONE_FORMAT)).toBeNull();
    expect(existsSync(path)).toBe(false);
  });

  it.each<[string, Partial<Spoken>]>([
    ['text', { text: 'Goodbye.' }],
    ['vendor', { provider: 'openai' }],
    ['model', { model: 'multilingual' }],
    ['voice', { voice: 'Adam' }],
    ['language', { language: 'de' }],
  ])('keeps each %s apart', async (_what, change) => {
    const { files } = await filesUnderTest();
    const other = { ...SPOKEN, ...change };
    await files.save(readyPrompt(KEY, 2), SPOKEN);
    expect(await files.load(KEY, other, TELEPHONE_FORMAT)).toBeNull();
    await files.save(readyPrompt(KEY, 3), other);
    expect((await files.load(KEY, SPOKEN, TELEPHONE_FORMAT))?.durationMs).toBe(120);
    expect((await files.load(KEY, other, TELEPHONE_FORMAT))?.durationMs).toBe(180);
  });

  it('keeps each format apart, and gives a prompt under the key that is asked for', async () => {
    const { files } = await filesUnderTest();
    await files.save(readyPrompt(KEY), SPOKEN);
    expect(await files.load(KEY, SPOKEN, PCM_16K)).toBeNull();
    expect((await files.load('another', SPOKEN, TELEPHONE_FORMAT))?.key).toBe('another');
  });

  it('does not believe a file that has the right name and says something else', async () => {
    const { files, folder } = await filesUnderTest();
    await files.save(readyPrompt(KEY), saying('Goodbye.'));
    renameSync(join(folder, nameOf(saying('Goodbye.'))), join(folder, nameOf(SPOKEN)));
    expect(await files.load(KEY, SPOKEN, TELEPHONE_FORMAT)).toBeNull();
  });

  it('keeps its bound by forgetting what was not used for longest', async () => {
    const { files, folder, open } = await filesUnderTest();
    const texts = ['1', '2', '3', '4', '5', '6'];
    for (const [index, text] of texts.entries()) {
      await files.save(readyPrompt(KEY, 3), saying(text));
      // The last one was used longest ago.
      utimesSync(join(folder, nameOf(saying(text))), 10 - index, 10 - index);
    }
    // Each has some 2,130 bytes.
    const bounded = await open(10_000);
    expect(readdirSync(folder).sort()).toEqual(
      texts
        .slice(0, 4)
        .map((text) => nameOf(saying(text)))
        .sort(),
    );
    for (const text of ['7', '8']) await bounded.save(readyPrompt(KEY, 3), saying(text));
    expect(readdirSync(folder)).toHaveLength(4);
    expect(existsSync(join(folder, nameOf(saying('8'))))).toBe(true);
  });

  it('lists what it keeps, the one used last first, and tells what it cannot read', async () => {
    const { files, folder } = await filesUnderTest();
    await files.save(readyPrompt(KEY), SPOKEN);
    utimesSync(join(folder, nameOf(SPOKEN)), 10, 10);
    writeFileSync(
      join(folder, `${'b'.repeat(32)}.prompt`),
      'TKPRMPT1 of an older layout, with some bytes behind it, of course',
    );
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect(await files.list()).toMatchObject([
      { fileName: `${'b'.repeat(32)}.prompt`, about: null },
      {
        fileName: nameOf(SPOKEN),
        bytes: statSync(join(folder, nameOf(SPOKEN))).size,
        usedAtWallMs: 10_000,
        about: { ...SPOKEN, format: 'mulaw-8000', durationMs: 120 },
      },
    ]);
  });

  it('removes one of its files, and no other', async () => {
    const { files, folder } = await filesUnderTest();
    await files.save(readyPrompt(KEY), SPOKEN);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    for (const name of [nameOf(SPOKEN), 'notes.txt', '../notes.txt']) await files.remove(name);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
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
