/**
 * What the board's API says, as JSON: to the server, which writes it, and to the pages in `web/`, which read it. Numbers and words
 * in it are masked already; its strings may be anybody's.
 */
/** What there is at one moment. */
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
    readonly turnLatencyMs: LatencyMs | null;
  };
  /** Of the I/O thread, over the last minute. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number };
}

/** One live call. */
export interface BoardCall {
  readonly callSid: string;
  readonly channel: 'phone' | 'browser';
  /** Who rang; of a call of ours, who was rung. */
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

export interface LatencyMs {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export type TimelineKind =
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

export interface TimelineEntry {
  /** Since the call's start. */
  readonly atMs: number;
  readonly kind: TimelineKind;
  readonly text: string;
  readonly durationMs?: number;
}

/** One call, live or ended. */
export interface CallView {
  readonly callSid: string;
  readonly channel: 'phone' | 'browser';
  /** Who rang; of a call of ours, who was rung. */
  readonly from: string;
  readonly state: 'live' | 'ended';
  /** Since the Unix epoch. */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly outcome: string | null;
  readonly endReason: string | null;
  readonly answers: readonly { readonly node: string; readonly value: string }[];
  readonly timeline: readonly TimelineEntry[];
}

export interface FlowNode {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly callsToday: number;
}

/** A flow as a graph, with how many calls went each way today. */
export interface FlowView {
  readonly name: string;
  /** The beginning of the hash of its text: a flow that was edited is another. */
  readonly version: string;
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
  readonly start: string;
  /** Of all flows that are served, the default first. */
  readonly names: readonly string[];
}
