/** What the board's API tells (README, "Watch the calls"). Trusted in its form, as it comes from our own server; never in its strings. */
export interface BoardCall {
  readonly callSid: string;
  readonly channel: 'phone' | 'browser';
  /** Masked. */
  readonly from: string;
  /** Name of the node that asks. */
  readonly question: string;
  /** Epoch. */
  readonly startedAtMs: number;
  readonly levelDbfs: number;
  readonly isSpeaking: boolean;
  readonly botSpeaks: boolean;
  /** Last transcript, masked unless the server logs such things. */
  readonly heard: string;
  readonly turn: number;
}

export interface LatencyMs {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface BoardSnapshot {
  /** Epoch. */
  readonly atMs: number;
  readonly nodeId: string;
  /** The newest 500. */
  readonly calls: readonly BoardCall[];
  readonly callCount: number;
  readonly capacity: {
    readonly limit: number;
    readonly inUse: number;
    readonly lowered: boolean;
    readonly draining: boolean;
  };
  readonly workers: { readonly ready: number; readonly wanted: number; readonly lost: number };
  readonly store: { readonly engine: string; readonly isDurable: boolean; readonly deferredCommits: number };
  readonly vendors: readonly { readonly name: string; readonly state: string; readonly detail: string }[];
  readonly today: {
    readonly outcomes: readonly { readonly name: string; readonly calls: number }[];
    readonly turns: number;
    readonly turnLatencyMs: LatencyMs | null;
  };
  readonly loopDelayMs: { readonly p50: number; readonly p99: number };
}

export interface TimelineEntry {
  /** Since the call's start. */
  readonly atMs: number;
  readonly kind:
    | 'prompt'
    | 'speech'
    | 'answer'
    | 'no-input'
    | 'no-match'
    | 'barge-in'
    | 'digits'
    | 'vendor'
    | 'resumed'
    | 'ended';
  readonly text: string;
  readonly durationMs?: number;
}

export interface CallView {
  readonly callSid: string;
  readonly channel: 'phone' | 'browser';
  readonly from: string;
  readonly state: 'live' | 'ended';
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly outcome: string | null;
  readonly endReason: string | null;
  readonly answers: readonly { readonly node: string; readonly value: string }[];
  readonly timeline: readonly TimelineEntry[];
}
