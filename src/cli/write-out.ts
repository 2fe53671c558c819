import { pipeline } from 'node:stream/promises';
import type { Output } from './prompt-progress.ts';

/** Waits whenever the output does, and leaves it open. A reader that has gone (`| head`) ends it without a word. */
export async function writeOut(
  texts: Iterable<string> | AsyncIterable<string>,
  output: Output,
): Promise<void> {
  try {
    await pipeline(texts, output, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}
