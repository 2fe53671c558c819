/**
 * Finished prompts on disk, so that a restart speaks at once: one file for each text, vendor, model, voice, language and
 * format, named by all of them together. A file that is not whole or of an older layout counts as absent and is made
 * again. Runs on the voice thread, and in the command line.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AudioFormat } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import {
  aboutBytesOf,
  encodePromptFile,
  HEADER_BYTES,
  type PromptAbout,
  parsePromptAbout,
  parsePromptFile,
} from './prompt-file.ts';
import { type Spoken, spokenKey } from './spoken.ts';

/** One file, as a list shows it. */
export interface KeptPrompt {
  readonly fileName: string;
  readonly bytes: number;
  /** Wall clock. */
  readonly usedAtWallMs: number;
  /** Null: of an older layout, or damaged. */
  readonly about: PromptAbout | null;
}

const FILE_NAME = /^[0-9a-f]{32}\.prompt$/;

export class PromptFiles {
  readonly #folder: string;
  readonly #totalBytesMax: number;
  /** Of the files as last counted, and what was written since. */
  #totalBytes = 0;

  /** `folder` is made if it is not there. At most `totalBytesMax` are kept; the longest unused go first. */
  constructor(folder: string, totalBytesMax: number) {
    this.#folder = folder;
    this.#totalBytesMax = totalBytesMax;
  }

  /** Makes the folder, clears what an interrupted write left, and keeps the bound. Rejects with the system's error. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    // Prompts may say a caller's own words. A folder of another owner stays as that owner wants it.
    await chmod(this.#folder, 0o700).catch(() => {});
    for (const name of await readdir(this.#folder)) {
      if (name.endsWith('.part')) await rm(join(this.#folder, name), { force: true });
    }
    await this.#evict();
  }

  /** The prompt, or null where there is no good file. Never rejects. */
  async load(key: string, spoken: Spoken, format: AudioFormat): Promise<ReadyPrompt | null> {
    const path = this.#path(spoken, format);
    try {
      const prompt = parsePromptFile(await readFile(path), key, spoken, format);
      if (prompt === null) {
        await rm(path, { force: true });
        return null;
      }
      // The time of the last change is the time of the last use: what `#evict` goes by.
      const now = new Date();
      await utimes(path, now, now);
      return prompt;
    } catch {
      return null;
    }
  }

  /** Whole or not at all: written beside, then renamed. Rejects with the system's error (a full disk). */
  async save(prompt: ReadyPrompt, spoken: Spoken): Promise<void> {
    const file = encodePromptFile(prompt, spoken);
    const path = this.#path(spoken, prompt.format);
    const partPath = `${path}.${randomBytes(6).toString('hex')}.part`;
    try {
      await writeFile(partPath, file, { mode: 0o600 });
      await rename(partPath, path);
    } catch (error) {
      await rm(partPath, { force: true });
      throw error;
    }
    this.#totalBytes += file.length;
    if (this.#totalBytes > this.#totalBytesMax) await this.#evict();
  }

  /** Every file, the one used last first; none where there is no folder. Reads what they say of themselves alone. */
  async list(): Promise<KeptPrompt[]> {
    const kept: KeptPrompt[] = [];
    for (const file of await this.#stat())
      kept.push({ ...file, about: await this.#readAbout(file.fileName) });
    return kept.sort((a, b) => b.usedAtWallMs - a.usedAtWallMs);
  }

  async remove(fileName: string): Promise<void> {
    if (FILE_NAME.test(fileName)) await rm(join(this.#folder, fileName), { force: true });
  }

  #path(spoken: Spoken, format: AudioFormat): string {
    return join(this.#folder, `${spokenKey(spoken, format)}.prompt`);
  }

  async #readAbout(fileName: string): Promise<PromptAbout | null> {
    const file = await open(join(this.#folder, fileName)).catch(() => null);
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      const got = await file?.read(header, 0, HEADER_BYTES, 0);
      const aboutBytes = got?.bytesRead === HEADER_BYTES ? aboutBytesOf(header) : null;
      if (aboutBytes === null) return null;
      const about = Buffer.alloc(aboutBytes);
      await file?.read(about, 0, aboutBytes, HEADER_BYTES);
      return parsePromptAbout(about);
    } catch {
      return null;
    } finally {
      await file?.close();
    }
  }

  async #stat(): Promise<Omit<KeptPrompt, 'about'>[]> {
    const files: Omit<KeptPrompt, 'about'>[] = [];
    for (const fileName of await readdir(this.#folder).catch(() => [])) {
      if (!FILE_NAME.test(fileName)) continue;
      const found = await stat(join(this.#folder, fileName)).catch(() => null);
      if (found?.isFile()) files.push({ fileName, bytes: found.size, usedAtWallMs: found.mtimeMs });
    }
    return files;
  }

  /** Counts anew and deletes the longest unused until nine tenths of the bound are left. */
  async #evict(): Promise<void> {
    const files = await this.#stat();
    this.#totalBytes = files.reduce((bytes, file) => bytes + file.bytes, 0);
    if (this.#totalBytes <= this.#totalBytesMax) return;
    files.sort((a, b) => a.usedAtWallMs - b.usedAtWallMs);
    for (const file of files) {
      if (this.#totalBytes <= this.#totalBytesMax * 0.9) break;
      await this.remove(file.fileName);
      this.#totalBytes -= file.bytes;
    }
  }
}
