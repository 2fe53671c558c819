/** What the board shows at one moment: plain data, as it goes out as JSON. Numbers and words are masked already. */
export interface BoardSnapshot {
  /** Since the Unix epoch. */
  readonly atMs: number;
  readonly nodeId: string;
  /** The newest. */
  readonly calls: readonly BoardCall[];
  /** All of this node, shown or not. */
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
  /** Since local midnight: outcomes and turns of all nodes that share the store, latencies of this process. */
  readonly today: {
    readonly outcomes: readonly { readonly name: string; readonly calls: number }[];
    /** Answers that were read, and questions that got none. */
    readonly turns: number;
    readonly turnLatencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  };
  /** Of the I/O thread, over the last minute. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number };
}

/** One live call. */
export interface BoardCall {
  readonly callSid: string;
  readonly channel: 'phone' | 'browser';
  readonly from: string;
  /** Name of the flow's node that spoke last; empty at first. */
  readonly question: string;
  /** Since the Unix epoch. */
  readonly startedAtMs: number;
  /** Of the caller, -100 to 0. */
  readonly levelDbfs: number;
  readonly isSpeaking: boolean;
  readonly botSpeaks: boolean;
  /** The caller's last words or digits; empty before the first. */
  readonly heard: string;
  /** Answers so far. */
  readonly turn: number;
}
