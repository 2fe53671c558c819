/**
 * One stream's part in its call's record: that it began, what earlier streams left, how it ended. Waits for the store no
 * longer than a caller may be kept waiting. I/O thread; `LiveCall` owns it.
 */
import type { EndReason } from '../channel/messages.ts';
import { type Clock, steadyWall } from '../clock.ts';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { CallStore, NewCall } from '../store/call-store.ts';
import { withinDeadline } from './deadline.ts';

/** What a stream of a call leaves to the next. */
export interface EarlierStream {
  readonly attempt: number;
  readonly state: unknown;
  /** When the call's first stream began, monotonic; null if that is not known. */
  readonly callBeganAtMs: number | null;
  /** By which the call's record is timed, from its first stream here on; null if none has begun. */
  readonly callWall: (() => number) | null;
}

/** `late`: the store has not answered, or failed; the call goes on, and `onFenced` may come still. */
export type Begun =
  | { readonly kind: 'begun' | 'fenced' }
  | { readonly kind: 'late'; readonly err: ErrorRecord | null };

/** The store answers within 250 ms or defers; a store that does neither holds no caller up for longer than this. */
const STORE_DEADLINE_MS = 1000;

export class StreamRecord {
  readonly #clock: Clock;
  readonly #store: CallStore;
  readonly #call: NewCall;
  #wallMs: () => number;
  #exists = false;

  constructor(call: NewCall, parts: { readonly clock: Clock; readonly store: CallStore }) {
    this.#call = call;
    this.#clock = parts.clock;
    this.#wallMs = steadyWall(parts.clock);
    this.#store = parts.store;
  }

  /** As `EarlierStream` has it. */
  get callWall(): () => number {
    return this.#wallMs;
  }

  /** It was begun, as far as is known. */
  get exists(): boolean {
    return this.#exists;
  }

  /**
   * Commits this attempt to the call's record. `fenced`: another stream, here or on another node, has used this attempt or a
   * later one. A store that does not answer does not keep a caller waiting; `onFenced` is its late answer.
   */
  async begin(onFenced: () => void): Promise<Begun> {
    const begun = this.#store.begin(this.#call);
    const answer = await withinDeadline(this.#clock, STORE_DEADLINE_MS, begun);
    if (answer.kind === 'done') {
      this.#exists = answer.value === 'begun';
      return { kind: answer.value };
    }
    this.#exists = true;
    begun.then(
      (late) => {
        if (late !== 'fenced') return;
        this.#exists = false;
        onFenced();
      },
      () => undefined,
    );
    return { kind: 'late', err: answer.kind === 'failed' ? toErrorRecord(answer.thrown) : null };
  }

  /** What the call's earlier streams left: its state, and since when it is on. `known`: what this process remembers. */
  async takeUp(known: EarlierStream | null): Promise<{ state: unknown; callBeganAtMs: number }> {
    const { attempt, callSid } = this.#call;
    const nowMs = this.#clock.nowMs();
    const callBeganAtMs = known?.callBeganAtMs ?? nowMs;
    if (attempt === 0) return { state: null, callBeganAtMs: nowMs };
    this.#wallMs = known?.callWall ?? this.#wallMs;
    // Ours is the newest only if no attempt lies between, which may have been on another node.
    if (known?.attempt === attempt - 1 && known.state !== null) return { state: known.state, callBeganAtMs };
    const loaded = await withinDeadline(this.#clock, STORE_DEADLINE_MS, this.#store.load(callSid));
    const record = loaded.kind === 'done' ? loaded.value : null;
    const state = record?.state ?? known?.state ?? null;
    if (record === null || known?.callBeganAtMs != null) return { state, callBeganAtMs };
    // Only the wall clock is common to processes; it may have been set since, but never makes a call younger than it is here.
    const beganAtMs = this.#clock.nowMs() - (this.#clock.wallMs() - record.startedAtWallMs);
    return { state, callBeganAtMs: Math.min(callBeganAtMs, beganAtMs) };
  }

  /** At a time that is as long after the call's begin as the call was on. Rejects with what the store rejects with. */
  async finish(reason: EndReason): Promise<void> {
    const { attempt, callSid } = this.#call;
    await this.#store.finish(callSid, attempt, reason, Math.round(this.#wallMs()));
  }
}
