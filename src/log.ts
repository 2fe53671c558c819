/**
 * The log: pino, one line of JSON an event, static text with the values in fields. Fixed keys:
 * event callSid streamSid workerId nodeId turnIndex provider attempt durationMs err code closeCode isa.
 * What a caller said or dialled goes only under `pii` and is removed unless `logPii` is on; nothing is logged per frame.
 */
import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Keep `pii.*` fields. Default false. */
  readonly logPii?: boolean;
  /** Where lines go; standard error if absent. Tests pass a stream of their own. */
  readonly destination?: DestinationStream;
}

/** Never blocks: a full or blocked destination drops lines rather than hold up the thread that logs. */
export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: null,
    redact: options.logPii === true ? [] : { paths: ['pii', '*.pii'], remove: true },
  };
  return pino(
    settings,
    options.destination ?? pino.destination({ dest: 2, sync: false, maxLength: 1 << 20 }),
  );
}
