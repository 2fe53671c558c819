/**
 * Finished prompts on disk, so that a restart speaks at once: one file a prompt, named by its key. A file that is not
 * whole, or was made by another provider or version, counts as absent and is made again. Runs on the voice thread.
 *
 *     offset  bytes
 *          0      8  magic and version of this layout
 *          8      4  length of `about`, little-endian
 *         12      4  length of `wire`
 *         16      4  length of `levels`
 *         20     32  SHA-256 of all that follows
 *         52         about (JSON: key, format, provider, audioBytes, durationMs), wire, levels
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AudioFormat, formatName } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';

/** Raise the number when a prompt's making changes what it sounds like. */
const MAGIC = Buffer.from('TKPRMPT1', 'latin1');
const HEADER_BYTES = 52;
const FILE_NAME = /^[0-9a-f]{32}\.prompt$/;
/** Some 12 hours of telephone audio. */
const TOTAL_BYTES_MAX = 512 * 1024 * 1024;

interface About {
  readonly key?: unknown;
  readonly format?: unknown;
  readonly provider?: unknown;
  readonly audioBytes?: unknown;
  readonly durationMs?: unknown;
}

export class PromptFiles {
  readonly #folder: string;
  readonly #provider: string;
  readonly #totalBytesMax: number;
  /** Of the files as last counted, and what was written since. */
  #totalBytes = 0;

  /** `folder` is made if it is not there. At most `totalBytesMax` are kept; the longest unused go first. */
  constructor(folder: string, provider: string, totalBytesMax = TOTAL_BYTES_MAX) {
    this.#folder = folder;
    this.#provider = provider;
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
  async load(key: string, format: AudioFormat): Promise<ReadyPrompt | null> {
    const path = this.#path(key);
    try {
      const file = await readFile(path);
      const prompt = this.#parse(file, key, format);
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
  async save(prompt: ReadyPrompt): Promise<void> {
    const about = Buffer.from(
      JSON.stringify({
        key: prompt.key,
        format: formatName(prompt.format),
        provider: this.#provider,
        audioBytes: prompt.audioBytes,
        durationMs: prompt.durationMs,
      }),
    );
    const body = Buffer.concat([about, prompt.wire, prompt.levels]);
    const header = Buffer.alloc(HEADER_BYTES);
    MAGIC.copy(header);
    header.writeUInt32LE(about.length, 8);
    header.writeUInt32LE(prompt.wire.length, 12);
    header.writeUInt32LE(prompt.levels.length, 16);
    createHash('sha256').update(body).digest().copy(header, 20);
    const partPath = join(this.#folder, `${prompt.key}.${randomBytes(6).toString('hex')}.part`);
    try {
      await writeFile(partPath, Buffer.concat([header, body]), { mode: 0o600 });
      await rename(partPath, this.#path(prompt.key));
    } catch (error) {
      await rm(partPath, { force: true });
      throw error;
    }
    this.#totalBytes += HEADER_BYTES + body.length;
    if (this.#totalBytes > this.#totalBytesMax) await this.#evict();
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.prompt`);
  }

  #parse(file: Buffer, key: string, format: AudioFormat): ReadyPrompt | null {
    if (file.length < HEADER_BYTES || !file.subarray(0, 8).equals(MAGIC)) return null;
    const aboutBytes = file.readUInt32LE(8);
    const wireBytes = file.readUInt32LE(12);
    const levelsBytes = file.readUInt32LE(16);
    const body = file.subarray(HEADER_BYTES);
    if (body.length !== aboutBytes + wireBytes + levelsBytes) return null;
    if (!createHash('sha256').update(body).digest().equals(file.subarray(20, HEADER_BYTES))) return null;
    const about = JSON.parse(body.toString('utf8', 0, aboutBytes)) as About;
    const { audioBytes, durationMs } = about;
    if (about.key !== key || about.format !== formatName(format)) return null;
    if (about.provider !== this.#provider) return null;
    if (typeof audioBytes !== 'number' || typeof durationMs !== 'number') return null;
    const wireEnd = aboutBytes + wireBytes;
    return {
      key,
      format,
      wire: toShared(body.subarray(aboutBytes, wireEnd)),
      levels: toShared(body.subarray(wireEnd)),
      audioBytes,
      durationMs,
    };
  }

  /** Counts anew and deletes the longest unused until nine tenths of the bound are left. */
  async #evict(): Promise<void> {
    const files: { path: string; bytes: number; usedAtWallMs: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      if (!FILE_NAME.test(name)) continue;
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => null);
      if (found?.isFile()) files.push({ path, bytes: found.size, usedAtWallMs: found.mtimeMs });
    }
    this.#totalBytes = files.reduce((bytes, file) => bytes + file.bytes, 0);
    if (this.#totalBytes <= this.#totalBytesMax) return;
    files.sort((a, b) => a.usedAtWallMs - b.usedAtWallMs);
    for (const file of files) {
      if (this.#totalBytes <= this.#totalBytesMax * 0.9) break;
      await rm(file.path, { force: true });
      this.#totalBytes -= file.bytes;
    }
  }
}

function toShared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
