/**
 * Turns and first audio, less what the disk made them wait. Their commits wait for the disk as long as another write of the same
 * moment does: what the probe was waiting for meanwhile, up to what a commit may hold a call up, is no work of the server's. So a
 * wait is judged once every write that began before its end is over. What the server's own writes do to the disk is taken off, too.
 */
import { COMMIT_WAIT_MAX_MS } from '../store/call-store.ts';
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
    this.#writes.push(write);
    while (this.#writes[0]!.endedAtMs < write.endedAtMs - WRITES_KEPT_MS) this.#writes.shift();
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
      let longestMs = usualMs;
      // From the newest: a wait is short, and they are many.
      for (let at = this.#writes.length - 1; at >= 0; at -= 1) {
        const { startedAtMs, endedAtMs } = this.#writes[at]!;
        if (endedAtMs <= fromMs) break;
        longestMs = Math.max(longestMs, Math.min(endedAtMs, toMs) - Math.max(startedAtMs, fromMs));
      }
      into.add(Math.max(0, toMs - fromMs - Math.min(COMMIT_WAIT_MAX_MS, longestMs)));
    }
  }
}
