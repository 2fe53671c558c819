/**
 * Turns and first audio, less what the disk made them wait. Their commits wait for the disk as long as any other write of the same
 * moment does: what the probe was waiting for meanwhile is no work of the server's. So a wait is judged once every write that began
 * before its end is over.
 */
import { LatencyHistogram } from './latency-histogram.ts';

/** One small durable write, on the machine's monotonic clock. */
export interface DiskWrite {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** What somebody waited for the server alone. */
interface Wait {
  readonly fromMs: number;
  readonly toMs: number;
  readonly into: LatencyHistogram;
}

/** Some seconds of a thousand calls; what comes on top is judged by the writes that are known. */
const WAITS_MAX = 5000;
/** No wait that is worth judging takes longer. */
const WRITES_KEPT_MS = 60_000;

export class BeyondDisk {
  readonly turnMs = new LatencyHistogram();
  readonly firstAudioMs = new LatencyHistogram();
  /** The writes themselves. */
  readonly fsyncMs = new LatencyHistogram();
  #waits: Wait[] = [];
  #writes: DiskWrite[] = [];

  /** `durationMs`, up to `endedAtMs`, were the server's. */
  add(kind: 'turnMs' | 'firstAudioMs', endedAtMs: number, durationMs: number): void {
    this.#waits.push({ fromMs: endedAtMs - durationMs, toMs: endedAtMs, into: this[kind] });
    if (this.#waits.length > WAITS_MAX) this.#judge(this.#waits.splice(0, 1));
  }

  /** In the order in which they were made. */
  wrote(write: DiskWrite): void {
    this.fsyncMs.add(write.endedAtMs - write.startedAtMs);
    this.#writes = this.#writes.filter(({ endedAtMs }) => endedAtMs > write.endedAtMs - WRITES_KEPT_MS);
    this.#writes.push(write);
    const settled = this.#waits.filter(({ toMs }) => toMs <= write.startedAtMs);
    if (settled.length === 0) return;
    this.#waits = this.#waits.filter(({ toMs }) => toMs > write.startedAtMs);
    this.#judge(settled);
  }

  /** No write comes any more. */
  finish(): void {
    this.#judge(this.#waits.splice(0));
  }

  #judge(waits: readonly Wait[]): void {
    if (waits.length === 0) return;
    // Each holds one commit at the least, which the probe as a rule has not just been waiting beside.
    const usualMs = this.fsyncMs.percentile(0.5);
    for (const { fromMs, into, toMs } of waits) {
      let waitedMs = 0;
      for (const { startedAtMs, endedAtMs } of this.#writes) {
        waitedMs += Math.max(0, Math.min(endedAtMs, toMs) - Math.max(startedAtMs, fromMs));
      }
      into.add(Math.max(0, toMs - fromMs - Math.max(usualMs, waitedMs)));
    }
  }
}
