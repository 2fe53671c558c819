/** What is known of a simulated call when it has ended. All times are milliseconds since it was placed. Types only. */
import type { StreamReport } from './stream-report.ts';

/** A line of Twilio's debugger. */
export interface DebuggerEntry {
  readonly atMs: number;
  /** Twilio's number, as 11200 or 31951. */
  readonly code: number;
  readonly text: string;
}

export interface VerbReport {
  readonly atMs: number;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What `Say` speaks, what `Dial` rings. */
  readonly text: string;
}

export interface WebhookReport {
  readonly atMs: number;
  readonly url: string;
  readonly durationMs: number;
  readonly attempts: number;
  /** Null: no answer came. */
  readonly statusCode: number | null;
}

export interface CallReport {
  readonly callSid: string;
  /** As Twilio's CallStatus; `failed` after an application error or a throwing script. */
  readonly status: 'completed' | 'busy' | 'no-answer' | 'failed';
  /** Who ended it: the server by its TwiML, the caller, or the carrier for want of a usable answer. */
  readonly endedBy: 'server' | 'caller' | 'carrier';
  /** One line for people: "hangup", "no verb left", "caller hung up", "11200 HTTP 500". */
  readonly endReason: string;
  readonly endedAtMs: number;
  readonly webhooks: readonly WebhookReport[];
  readonly verbs: readonly VerbReport[];
  /** One for each `<Connect><Stream>` that was tried. */
  readonly streams: readonly StreamReport[];
  readonly warnings: readonly DebuggerEntry[];
  readonly errors: readonly DebuggerEntry[];
  /** When each `say` began to be sent. */
  readonly saidAtMs: readonly number[];
  /** Null: the caller heard nothing of the streams. */
  readonly firstAudioAtMs: number | null;
  /** Audio of the server's that was played, and how much of it was loud enough to hear. */
  readonly audioMs: number;
  readonly loudMs: number;
  /** Underruns inside a prompt; and short silences between prompts. */
  readonly gapsMs: readonly number[];
  readonly pausesMs: readonly number[];
  /** Mu-law at 8 kHz from the first stream's start, silence included; null unless `record` was set. */
  readonly heard: Uint8Array | null;
}
