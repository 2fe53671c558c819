/** Recordings that are kept in memory, as the I/O thread writes them. */
import type { RecordFile } from '../../src/recordings/record-files.ts';

export class MemoryRecordFiles {
  /** By name. */
  readonly texts = new Map<string, string>();
  readonly finished: string[] = [];
  /** The next ones are given up at once. */
  isFull = false;

  open(name: string): RecordFile {
    const isGivenUp = this.isFull;
    return {
      isGivenUp,
      write: (bytes) => {
        if (!isGivenUp) this.texts.set(name, (this.texts.get(name) ?? '') + Buffer.from(bytes).toString());
      },
      finish: () => {
        if (!this.finished.includes(name)) this.finished.push(name);
      },
    };
  }

  rows(name: string): Record<string, unknown>[] {
    const text = this.texts.get(name) ?? '';
    return text
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row) as Record<string, unknown>);
  }
}
