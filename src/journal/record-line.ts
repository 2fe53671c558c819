/**
 * The lines of a recorded call: JSON, one a line. A head, what both planes took in, asked and gave, the audio that was
 * played, and an end. The file's order keeps each plane's own order, and what crossed between them stands before its arrival.
 *
 *     head                       once, first
 *     {at, plane, way, kind...}  many
 *     {audio, wire ...}          before the first play of it
 *     {end}                      once, last; without it the record broke off
 */
import type { JournalEntry } from './journal.ts';

/** Raised whenever an older reader would misread a newer record. */
export const RECORD_VERSION = 1;

export interface RecordHead {
  readonly record: 'trunkline call';
  readonly version: typeof RECORD_VERSION;
  /** Which build it was: `0.1.0 (4f2a...)`. */
  readonly build: string;
  /** The native code path; all give the same bits. */
  readonly isa: string;
  readonly recordedAtWallMs: number;
  readonly callSid: string;
  readonly attempt: number;
  readonly carrier: 'twilio';
  readonly limits: {
    readonly audioWaitMaxMs: number;
    readonly callMaxMs: number;
    readonly goodbyePromptKey: string | null;
  };
  /** For people: who was to listen. The planes' own settings come in as they are used. */
  readonly recognizers: readonly string[];
}

export type Plane = 'media' | 'call';

/** `in` comes from the world, `out` goes to it, `ask` is answered by it. */
export interface PlaneLine extends JournalEntry {
  /** Ms since the stream opened, by the plane's own clock; for `out` and `ask`: of the input that led to it. */
  readonly at: number;
  readonly plane: Plane;
  /** Of the call plane: how often the call had been made anew within this stream. */
  readonly run?: number;
  readonly way: 'in' | 'out' | 'ask';
  /** It came in while an output was being told: right after that, before anything else. */
  readonly within?: true;
  /** It came in before the promises that follow from the input before it had run. */
  readonly joined?: true;
  readonly answer?: unknown;
}

/** A prompt's audio as it was played, once for each that was. */
export interface AudioLine {
  /** Named so by the answers to `prompt` in this record. */
  readonly audio: string;
  readonly key: string;
  /** `codec-rate`. */
  readonly format: string;
  /** Base64 of the audio. */
  readonly wire: string;
  readonly audioBytes: number;
  readonly durationMs: number;
  /** Base64 of `ReadyPrompt.levels`. */
  readonly levels: string;
}

export interface EndLine {
  readonly end: true;
  readonly at: number;
}
