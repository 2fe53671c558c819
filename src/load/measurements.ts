/**
 * What a run has seen, in bounded memory: counts of calls, durations, and the first few complaints in words. Counts, gaps
 * and first audio are of the whole run; turns and barge-ins of its hold alone, so that neither the ramp nor the
 * last calls' emptying server dilutes them.
 */
import { BeyondDisk } from './beyond-disk.ts';
import type { CallPlan } from './call-plan.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { noCalls } from './load-counts.ts';
import type { CallNews, PlacedCall } from './placed-call.ts';
import type { StreamEvent } from './sender-pool.ts';

export type Phase = 'ramp' | 'hold' | 'finish';

/** What of a spoken turn is neither ours nor the disk's to answer for. */
export interface TurnAllowance {
  /** The flow's `end_of_speech_ms`. */
  readonly endpointingMs: number;
  /** What the recognizer takes. */
  readonly vendorMs: number;
}

const COMPLAINTS_MAX = 10;

export class Measurements implements CallNews {
  phase: Phase = 'ramp';
  readonly counts = noCalls();
  /** From the webhook's post to the first media message of the stream. */
  readonly firstAudioMs = new LatencyHistogram();
  /** From the caller's last sound to the bot's first, beyond the allowance. */
  readonly turnMs = new LatencyHistogram();
  /** The same since the last second's reading, for the live line and the plot. */
  readonly recentTurnMs = new LatencyHistogram();
  /** From the last key. Nobody endpoints or recognizes it. */
  readonly keyTurnMs = new LatencyHistogram();
  /** From the frame that shows speech to `clear`. */
  readonly bargeInMs = new LatencyHistogram();
  readonly gapMs = new LatencyHistogram();
  readonly admissionMs = new LatencyHistogram();
  readonly refusalMs = new LatencyHistogram();
  readonly beyondDisk = new BeyondDisk();
  /** Barge-ins that were not answered by a clear before the prompt was over. */
  unclearedBargeIns = 0;
  readonly complaints: string[] = [];
  /** What is on still should have been over. */
  isOverdue = false;
  #liveSum = 0;
  #liveLooks = 0;
  readonly #allowanceMs: number;

  constructor({ endpointingMs, vendorMs }: TurnAllowance) {
    this.#allowanceMs = endpointingMs + vendorMs;
  }

  admitted(afterMs: number): void {
    this.counts.admitted += 1;
    this.admissionMs.add(afterMs);
  }

  refused(afterMs: number): void {
    this.refusalMs.add(afterMs);
  }

  stream(_plan: CallPlan, event: StreamEvent, placedAtMs: number): void {
    const isHeld = this.phase === 'hold';
    switch (event.kind) {
      case 'first-audio':
        this.firstAudioMs.add(event.atMs - placedAtMs);
        this.beyondDisk.add('firstAudioMs', event.atMs, event.atMs - placedAtMs);
        return;
      case 'turn': {
        if (!isHeld) return;
        const tookMs = event.heardAtMs - event.saidAtMs;
        if (event.how === 'press') this.keyTurnMs.add(tookMs);
        else {
          const oursMs = tookMs - this.#allowanceMs;
          this.turnMs.add(oursMs);
          this.recentTurnMs.add(oursMs);
          this.beyondDisk.add('turnMs', event.heardAtMs, Math.max(0, oursMs));
        }
        return;
      }
      case 'barge-in':
        if (event.clearedAtMs === null) this.unclearedBargeIns += 1;
        else if (isHeld) this.bargeInMs.add(event.clearedAtMs - event.speechAtMs);
        return;
      case 'gap':
        this.gapMs.add(event.gapMs);
        return;
      case 'open':
      case 'ended':
        return;
    }
  }

  /** Counts a call that is over; the store's word on it may still come. */
  ended({ callSid, plan, verdict, why }: PlacedCall): void {
    const isStuck = verdict === 'cut' && this.isOverdue;
    this.counts[isStuck ? 'wrong' : verdict] += 1;
    if (isStuck)
      this.complain(`${callSid} (${plan.kind}): still on when all should have been over (--finish)`);
    else if (why !== '') this.complain(`${callSid} (${plan.kind}): ${why}`);
  }

  /** So many are live, in the hold. */
  live(calls: number): void {
    this.#liveSum += calls;
    this.#liveLooks += 1;
  }

  /** On average over the hold. */
  get liveMean(): number {
    return this.#liveSum / Math.max(1, this.#liveLooks);
  }

  /** What the store kept of a call that seemed right is not what its caller had said. */
  keptWrong(callSid: string, why: string): void {
    this.counts.right -= 1;
    this.counts.wrong += 1;
    this.complain(`${callSid}: ${why}`);
  }

  complain(text: string): void {
    if (this.complaints.length < COMPLAINTS_MAX) this.complaints.push(text);
  }
}
