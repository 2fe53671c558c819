/**
 * Recordings on the I/O thread: what is written is copied into a buffer of the file's own, and goes to the recordings' thread
 * when that is full or almost a second old. Nothing is allocated for a frame; a chunk a second is. I/O thread.
 *
 *   state      event                                                    next state
 *   open       write                                                    open
 *   open       finish                                                   finished: gets its name once it is on disk
 *   open       more waits for the disk than may; the thread has         given up: counted and told; what there is of it
 *              failed with it, or is gone; `close`                      is kept as incomplete
 *   finished   the thread has failed with it, or is gone                given up
 *   given up   any                                                      given up: listed no-op
 */
import type { FromRecordThread, RecordKind, ToRecordThread } from '../channel/record-messages.ts';
import type { Clock, Timer } from '../clock.ts';
import { CapacityError, type ErrorRecord, InvalidStateError, StoreError, toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RecordCounts, RecordFile } from './record-files.ts';
import { callSidOf, isRecordName } from './record-name.ts';

/** 750 ms of two channels of mu-law: with what media has not come for yet, a dead process has lost a second. */
const CHUNK_BYTES = 12_000;
/** A chunk goes when it is full or has seen three of these. */
const TICK_MS = 250;
const TICKS_MAX = 3;
/** Four seconds of a thousand calls: as long as a disk may stand still. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** A full disk gives up every call's; one line tells of them all. */
const TELL_EVERY_MS = 60_000;

export interface StreamedFilesOf {
  readonly clock: Clock;
  readonly log: Log;
  /** Tests bring a smaller one. */
  readonly waitingBytesMax?: number;
}

/** To the thread; null while there is none. */
export type PostToThread = (message: ToRecordThread, transfer: readonly ArrayBuffer[]) => void;

class StreamedFile implements RecordFile {
  readonly fileId: number;
  /** Empty for a name that was none. */
  readonly callSid: string;
  readonly #files: StreamedFiles;
  #state: 'open' | 'finished' | 'given up' = 'open';
  #chunk: Uint8Array<ArrayBuffer> | null = null;
  #used = 0;
  #ticks = 0;

  constructor(files: StreamedFiles, fileId: number, callSid: string) {
    this.#files = files;
    this.fileId = fileId;
    this.callSid = callSid;
  }

  get isGivenUp(): boolean {
    return this.#state === 'given up';
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.#state === 'open'; ) {
      this.#chunk ??= new Uint8Array(CHUNK_BYTES);
      const length = Math.min(bytes.length - at, CHUNK_BYTES - this.#used);
      this.#chunk.set(length === bytes.length ? bytes : bytes.subarray(at, at + length), this.#used);
      this.#used += length;
      at += length;
      if (this.#used === CHUNK_BYTES) this.#handOver();
    }
  }

  finish(): void {
    this.#end(true);
  }

  /** What stands in the buffer, if anything does, is a quarter of a second older. */
  tick(): void {
    if (this.#used > 0 && ++this.#ticks >= TICKS_MAX) this.#handOver();
  }

  /** The process ends before the recording does. */
  cut(): void {
    this.#end(false);
  }

  /** Returns whether it had not been given up before. */
  giveUp(): boolean {
    const wasGivenUp = this.#state === 'given up';
    this.#state = 'given up';
    this.#chunk = null;
    this.#used = 0;
    return !wasGivenUp;
  }

  #end(isComplete: boolean): void {
    if (this.#state !== 'open') return;
    if (this.#used > 0) this.#handOver();
    // It may have been given up just now.
    if (this.isGivenUp) return;
    this.#state = 'finished';
    this.#files.ended(this, isComplete);
  }

  #handOver(): void {
    const chunk = this.#chunk!;
    const length = this.#used;
    this.#chunk = null;
    this.#used = 0;
    this.#ticks = 0;
    this.#files.handOver(this, chunk.buffer, length);
  }
}

export class StreamedFiles {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waitingBytesMax: number;
  /** Until the thread has given them their names, or failed with them. */
  readonly #files = new Map<number, StreamedFile>();
  #post: PostToThread | null = null;
  #nextId = 1;
  #waitingBytes = 0;
  #incomplete = 0;
  #untold = 0;
  #tellAtMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;

  constructor({ clock, log, waitingBytesMax = WAITING_BYTES_MAX }: StreamedFilesOf) {
    this.#clock = clock;
    this.#log = log;
    this.#waitingBytesMax = waitingBytesMax;
  }

  open(name: string, kind: RecordKind): RecordFile {
    const callSid = isRecordName(name) ? callSidOf(name) : '';
    const file = new StreamedFile(this, this.#nextId++, callSid);
    const refusal = this.#refusalOf(callSid);
    if (refusal !== null) {
      this.#giveUp(file, refusal);
      return file;
    }
    this.#files.set(file.fileId, file);
    this.#post?.({ kind: 'open', fileId: file.fileId, name, of: kind }, []);
    if (this.#timer === null) this.#tickLater();
    return file;
  }

  counts(): RecordCounts {
    return { open: this.#files.size, incomplete: this.#incomplete, waitingBytes: this.#waitingBytes };
  }

  /** A thread is there. */
  threadBegan(post: PostToThread): void {
    this.#post = post;
  }

  /** It is gone, and every file with it; the next thread finishes what it finds of them. */
  threadEnded(error: ErrorRecord): void {
    this.#post = null;
    this.#waitingBytes = 0;
    for (const file of [...this.#files.values()]) this.#giveUp(file, error);
  }

  receive(message: FromRecordThread): void {
    if (message.kind === 'written') {
      this.#waitingBytes -= message.bytes;
      return;
    }
    const file = this.#files.get(message.fileId);
    if (file === undefined) return;
    if (message.kind === 'finished') this.#files.delete(message.fileId);
    else this.#giveUp(file, message.error);
  }

  /** Hands over what is left of all files; they are cut here. */
  cutAll(): void {
    for (const file of [...this.#files.values()]) file.cut();
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  handOver(file: StreamedFile, bytes: ArrayBuffer, length: number): void {
    if (this.#waitingBytes + length > this.#waitingBytesMax) {
      this.#post?.({ kind: 'finish', fileId: file.fileId, isComplete: false }, []);
      this.#giveUp(file, toErrorRecord(this.#tooMuchWaits()));
      return;
    }
    this.#waitingBytes += length;
    this.#post?.({ kind: 'chunk', fileId: file.fileId, bytes, length }, [bytes]);
  }

  ended(file: StreamedFile, isComplete: boolean): void {
    if (!isComplete) this.#incomplete++;
    this.#post?.({ kind: 'finish', fileId: file.fileId, isComplete }, []);
  }

  #tooMuchWaits(): CapacityError {
    return new CapacityError(
      `Expected at most ${this.#waitingBytesMax} bytes of recordings waiting for the disk, received more`,
    );
  }

  #refusalOf(callSid: string): ErrorRecord | null {
    if (callSid === '')
      return toErrorRecord(
        new InvalidStateError(
          'Expected a CallSid and an attempt for the name of a recording, received another',
        ),
      );
    // Nothing is posted to a thread that hangs in its disk, for however many calls.
    if (this.#waitingBytes + CHUNK_BYTES > this.#waitingBytesMax) return toErrorRecord(this.#tooMuchWaits());
    if (this.#post === null)
      return toErrorRecord(
        new StoreError("Expected the recordings' thread, received none: it is started again"),
      );
    return null;
  }

  #giveUp(file: StreamedFile, err: ErrorRecord): void {
    this.#files.delete(file.fileId);
    if (!file.giveUp()) return;
    this.#incomplete++;
    this.#untold++;
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#tellAtMs) return;
    this.#tellAtMs = nowMs + TELL_EVERY_MS;
    const about = { callSid: file.callSid, recordings: this.#untold, err };
    this.#untold = 0;
    this.#log.error(
      { event: 'recording.lost', ...about },
      'a recording was given up; its call goes on, and more within a minute are only counted',
    );
  }

  #tickLater(): void {
    this.#timer = this.#clock.setTimer(TICK_MS, () => {
      this.#timer = null;
      for (const file of [...this.#files.values()]) file.tick();
      if (this.#files.size > 0) this.#tickLater();
    });
  }
}
