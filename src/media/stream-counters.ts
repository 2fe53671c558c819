import type { ReceiverCounters } from '../audio/addon-types.ts';
import type { TransportCounters } from './transport.ts';

/** What one stream took in and ignored since its socket opened: for its one log line at the end, metrics and tests. */
export interface MediaStreamCounters extends TransportCounters, ReceiverCounters {
  readonly digits: number;
  /** Over the rate, or where nobody waits for one. */
  readonly ignoredDigits: number;
  readonly secondStarts: number;
  /** Left unread because too many came in one second. */
  readonly unparsedMessages: number;
  /** Marks of an older generation: discarded by the carrier. */
  readonly staleMarks: number;
  readonly unknownMarks: number;
  /** Times that 240 ms of noise were fed to the receiver where no media came. Not in `mediaMessages`. */
  readonly mediaGapFills: number;
}

/** All zero, and writable by its owner. */
export function emptyCounters(): { -readonly [name in keyof MediaStreamCounters]: number } {
  return {
    mediaMessages: 0,
    ignoredMessages: 0,
    badPayloads: 0,
    clippedFrames: 0,
    wrongType: 0,
    malformed: 0,
    unknownEvents: 0,
    foreign: 0,
    digits: 0,
    ignoredDigits: 0,
    secondStarts: 0,
    unparsedMessages: 0,
    staleMarks: 0,
    unknownMarks: 0,
    mediaGapFills: 0,
  };
}
