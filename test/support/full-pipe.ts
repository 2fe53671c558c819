/** A pipe that holds all it can and whose reader stands still, until a test reads it. Closed with the test. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

export class FullPipe {
  /** To be written to by name. */
  readonly path: string;
  readonly #descriptor: number;

  constructor() {
    this.path = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [this.path]);
    this.#descriptor = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(this.#descriptor));
    // Down to the last byte.
    for (const bytes of [4096, 1]) this.#fill(Buffer.alloc(bytes, '\n'));
  }

  /** All that is in it now. */
  read(): string {
    const chunk = Buffer.alloc(65_536);
    let text = '';
    for (;;) {
      try {
        text += chunk.toString('utf8', 0, readSync(this.#descriptor, chunk));
      } catch {
        return text;
      }
    }
  }

  #fill(bytes: Buffer): void {
    try {
      for (;;) writeSync(this.#descriptor, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
