/**
 * What the recordings' thread does, without the thread: takes the messages of the I/O thread in their order and writes.
 * A file that fails is given up, told once, and keeps what it holds; the others go on. It writes synchronously: this thread
 * has nothing else to do, and what waits for it is bounded by the I/O thread.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FromRecordThread, ToRecordThread } from '../channel/record-messages.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import { PartFile } from './part-file.ts';
import { parsePartFile } from './record-name.ts';

export class RecordThread {
  readonly #folder: string;
  readonly #log: Log;
  readonly #send: (message: FromRecordThread) => void;
  readonly #files = new Map<number, PartFile>();

  constructor(folder: string, log: Log, send: (message: FromRecordThread) => void) {
    this.#folder = folder;
    this.#log = log;
    this.#send = send;
  }

  /** Never throws. */
  receive(messages: readonly ToRecordThread[]): void {
    let writtenBytes = 0;
    for (const message of messages) {
      if (message.kind === 'chunk') writtenBytes += message.length;
      if (message.kind === 'recover') this.#recover();
      else if (message.kind !== 'close') this.#take(message);
    }
    if (writtenBytes > 0) this.#send({ kind: 'written', bytes: writtenBytes });
  }

  /** Finishes as incomplete what is open. Idempotent. Never throws. */
  close(): void {
    for (const fileId of [...this.#files.keys()]) this.#take({ kind: 'finish', fileId, isComplete: false });
  }

  /** Finishes the parts of a process that died; not those that are open here. Never throws. */
  #recover(): void {
    const own = new Set([...this.#files.values()].map(({ partName }) => partName));
    let recovered = 0;
    for (const fileName of this.#list()) {
      const part = parsePartFile(fileName);
      if (part === null || own.has(fileName)) continue;
      try {
        PartFile.reopen(this.#folder, part.name, part.kind).finish(false);
        recovered++;
      } catch (thrown) {
        const path = join(this.#folder, fileName);
        this.#log.error(
          { event: 'recording.failed', path, err: toErrorRecord(thrown) },
          'a part of a recording could not be finished and stays as it is',
        );
      }
    }
    if (recovered > 0)
      this.#log.warn(
        { event: 'recording.recovered', recordings: recovered },
        'recordings that were cut by the end of a process were finished as incomplete',
      );
  }

  #take(message: Extract<ToRecordThread, { fileId: number }>): void {
    const { fileId } = message;
    const file = this.#files.get(fileId);
    try {
      if (message.kind === 'open') {
        this.#files.set(fileId, PartFile.create(this.#folder, message.name, message.of));
      } else if (message.kind === 'chunk') {
        file?.append(new Uint8Array(message.bytes, 0, message.length));
      } else {
        this.#files.delete(fileId);
        file?.finish(message.isComplete);
        if (file !== undefined) this.#send({ kind: 'finished', fileId });
      }
    } catch (thrown) {
      if (this.#files.delete(fileId)) this.#keep(file);
      this.#send({ kind: 'failed', fileId, error: toErrorRecord(thrown) });
    }
  }

  /** What it holds is worth having; if not even a name can be given to it, it stays a part. */
  #keep(file: PartFile | undefined): void {
    try {
      file?.finish(false);
    } catch {
      file?.close();
    }
  }

  #list(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (thrown) {
      this.#log.error(
        { event: 'recording.failed', path: this.#folder, err: toErrorRecord(thrown) },
        'the folder of the recordings could not be read',
      );
      return [];
    }
  }
}
