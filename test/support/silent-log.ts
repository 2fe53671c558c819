/** A log that keeps what it is told, for tests that ask whether something was reported. */
import { createLog, type Log } from '../../src/log.ts';

export const silentLog: Log = createLog({ level: 'silent' });

interface KeptLine {
  readonly event?: string;
  readonly [field: string]: unknown;
}

/** `lines()` are the parsed lines so far. */
export function keptLog(): { log: Log; lines: () => KeptLine[] } {
  const kept: string[] = [];
  const log = createLog({ level: 'trace', destination: { write: (line: string) => void kept.push(line) } });
  return { log, lines: () => kept.map((line) => JSON.parse(line) as KeptLine) };
}
