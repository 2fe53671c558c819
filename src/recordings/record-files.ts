/**
 * What the I/O thread sees of recordings: files that are written elsewhere, by a thread of their own, and may be given up
 * at any time without a word to whoever writes. Nothing here throws, waits or touches a disk.
 */
import type { RecordKind } from '../channel/record-messages.ts';

export interface RecordFile {
  /** It was given up: for want of disk or memory, or its thread died. Writing on does nothing. */
  readonly isGivenUp: boolean;
  /** `bytes` are copied before it returns. After `finish` and once given up, a no-op. */
  write(bytes: Uint8Array): void;
  /** The last of it. It gets its name when it is on disk. Idempotent. */
  finish(): void;
}

export interface RecordFiles {
  /** `name`: of `recordName`. A name that exists already, in whatever state, is not written again: the file is given up. */
  open(name: string, kind: RecordKind): RecordFile;
  counts(): RecordCounts;
  /** Finishes what is open as incomplete, and waits up to 5 s for the disk. Idempotent. */
  close(): Promise<void>;
}

export interface RecordCounts {
  readonly open: number;
  /** Given up, since the start. */
  readonly incomplete: number;
  /** On their way to the disk. */
  readonly waitingBytes: number;
}
