/**
 * The log: pino, one line of JSON an event, static text with the values in fields. Fixed keys:
 * event callSid streamSid workerId nodeId turnIndex provider attempt durationMs err code closeCode isa.
 * What a caller said or dialled goes only under `pii` and is removed unless `logPii` is on; nothing is logged per frame.
 */
import { type DestinationStream, type Logger, pino } from 'pino';
import { standardError } from './standard-error.ts';

export type Log = Logger;

export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Keep `pii.*` fields. Default false. */
  readonly logPii?: boolean;
  /** In every line of this thread's; absent on the I/O thread. */
  readonly workerId?: string | number;
  /** Where lines go; standard error if absent. Tests pass a stream of their own. */
  readonly destination?: DestinationStream;
}

/** Never blocks: a full or blocked destination loses lines rather than hold up the thread that logs. */
export function createLog(options: LogOptions): Log {
  const { workerId } = options;
  const settings = {
    level: options.level,
    base: workerId === undefined ? null : { workerId },
    redact: options.logPii === true ? [] : { paths: ['pii', '*.pii'], remove: true },
  };
  if (options.destination !== undefined) return pino(settings, options.destination);
  const log: Log = pino(
    settings,
    standardError((lines, durationMs) =>
      log.warn({ event: 'log.lost', lines, durationMs }, 'lines of the log were lost: nobody took them'),
    ),
  );
  return log;
}
