/**
 * One recording on disk, from its first byte to its name (`record-name.ts`). A WAV file begins with a header that says
 * "to the end of the file", as a stream does, so that also a part is readable as it lies there; the true sizes are put in at
 * the end. Throws what the file system throws. The recordings' thread.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { MULAW_WAV_HEADER_BYTES, mulawWavHeader } from '../audio/wav.ts';
import type { RecordKind } from '../channel/record-messages.ts';
import { StoreError } from '../errors.ts';
import { finishedFileName, partFileName } from './record-name.ts';

const CHANNELS = 2;
/** Sixteen hours of audio; a WAV file cannot say more than 4 GB. */
const FILE_BYTES_MAX = 1024 * 1024 * 1024;
/** Longer than most lines; a long prompt is one of some hundred kilobytes. */
const TAIL_BYTES = 64 * 1024;
const LINE_END = 0x0a;

export class PartFile {
  readonly #folder: string;
  readonly #name: string;
  readonly #kind: RecordKind;
  #fd: number | null;
  #bytes: number;

  private constructor(folder: string, name: string, kind: RecordKind, fd: number) {
    this.#folder = folder;
    this.#name = name;
    this.#kind = kind;
    this.#fd = fd;
    this.#bytes = fstatSync(fd).size;
  }

  /** A new one. Nothing that exists is overwritten. */
  static create(folder: string, name: string, kind: RecordKind): PartFile {
    for (const isComplete of [true, false]) {
      const path = join(folder, finishedFileName(name, kind, isComplete));
      if (existsSync(path)) throw new StoreError(`Expected no recording at ${path}, received one`);
    }
    return new PartFile(folder, name, kind, openSync(join(folder, partFileName(name, kind)), 'wx+', 0o600));
  }

  /** One that a process left which died. */
  static reopen(folder: string, name: string, kind: RecordKind): PartFile {
    return new PartFile(folder, name, kind, openSync(join(folder, partFileName(name, kind)), 'r+'));
  }

  /** As it lies in its folder. */
  get partName(): string {
    return partFileName(this.#name, this.#kind);
  }

  /** What it throws leaves the file as it is: some of `bytes` may stand in it. */
  append(bytes: Uint8Array): void {
    if (this.#bytes + bytes.length > FILE_BYTES_MAX)
      throw new StoreError(`Expected at most ${FILE_BYTES_MAX} bytes for a recording, received more`);
    if (this.#kind === 'wav' && this.#bytes === 0) this.#write(mulawWavHeader(CHANNELS, null));
    this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      // A disk that is nearly full takes a part, and refuses at the next.
      const written = writeSync(this.#openFd, bytes, at, bytes.length - at, this.#bytes);
      at += written;
      this.#bytes += written;
    }
  }

  /** Gives it its header and its name; one that holds nothing is removed. The file is closed after it, also if it throws. */
  finish(isComplete: boolean): void {
    const part = join(this.#folder, this.partName);
    const isEmpty = this.#seal();
    if (isEmpty) unlinkSync(part);
    else renameSync(part, join(this.#folder, finishedFileName(this.#name, this.#kind, isComplete)));
  }

  /** Cuts what is not whole and puts in what the header could not know. Returns whether nothing is left. */
  #seal(): boolean {
    try {
      const fd = this.#openFd;
      const headerBytes = this.#kind === 'wav' ? MULAW_WAV_HEADER_BYTES : 0;
      const wholeBytes = this.#kind === 'wav' ? this.#wholeFramesBytes() : this.#wholeLinesBytes(fd);
      if (wholeBytes <= headerBytes) return true;
      if (wholeBytes < this.#bytes) ftruncateSync(fd, wholeBytes);
      if (this.#kind === 'wav') {
        const frames = (wholeBytes - headerBytes) / CHANNELS;
        writeSync(fd, mulawWavHeader(CHANNELS, frames), 0, headerBytes, 0);
      }
      return false;
    } finally {
      this.close();
    }
  }

  /** Leaves it as a part. Idempotent. */
  close(): void {
    if (this.#fd === null) return;
    const fd = this.#fd;
    this.#fd = null;
    closeSync(fd);
  }

  get #openFd(): number {
    if (this.#fd === null) throw new StoreError(`Expected the recording ${this.#name} to be open`);
    return this.#fd;
  }

  #wholeFramesBytes(): number {
    return this.#bytes - (Math.max(0, this.#bytes - MULAW_WAV_HEADER_BYTES) % CHANNELS);
  }

  /** A process that dies leaves half a line. */
  #wholeLinesBytes(fd: number): number {
    const tail = new Uint8Array(TAIL_BYTES);
    for (let end = this.#bytes; end > 0; end -= TAIL_BYTES) {
      const from = Math.max(0, end - TAIL_BYTES);
      const length = readSync(fd, tail, 0, end - from, from);
      const lineEnd = tail.subarray(0, length).lastIndexOf(LINE_END);
      if (lineEnd >= 0) return from + lineEnd + 1;
    }
    return 0;
  }
}
