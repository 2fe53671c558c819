/**
 * What is printed may be lost: the disk is full, whoever read it has gone (`| head`) or stands still. A server with live
 * calls does not end for a line of text, nor does a process that is done wait for ever until somebody reads its last.
 */
import { systemClock } from '../clock.ts';

const LAST_WORDS_MS = 1000;

/** Node would end the process by an 'error' of the stream that nobody listens to. */
export function tolerateLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** All is done but for what is still being printed, which keeps a process alive: it has this long. */
export function endSoon(): void {
  systemClock.setTimer(LAST_WORDS_MS, () => process.exit());
}
