/**
 * Whether the generator kept up, which is asked before anything is said of the server: its frames left on time, none of its
 * processes was at its core's end or stood still, and its own event loop turned. What a run says whose generator lagged is
 * about the generator.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Pulse } from './sender-pool.ts';

export interface GeneratorReport {
  readonly valid: boolean;
  /** Why not, and what to do; empty where it is. */
  readonly reasons: readonly string[];
  readonly framesSent: number;
  /** Of these, what did not come to lie unread in sockets: a server at its end takes fewer than it is sent. */
  readonly framesTaken: number;
  /** Sent over 10 ms after their time. */
  readonly lateFrames: number;
  /** Of the pulses' own: the median and the worst. */
  readonly latenessP99TypicalMs: number;
  readonly latenessP99WorstMs: number;
  readonly latenessMaxMs: number;
  /** Of the busiest sender, of one core, 0 to 1. */
  readonly senderCpuRatio: number;
  /** The longest that a sender told nothing of itself. */
  readonly silentMaxMs: number;
  readonly loopDelayP99Ms: number;
}

interface Sender {
  firstAtMs: number;
  lastAtMs: number;
  cpuMs: number;
  silentMaxMs: number;
}

/** More than one frame in a hundred over 10 ms late: its p99 is over 10 ms. */
const LATE_RATIO_MAX = 0.01;
const CPU_RATIO_MAX = 0.95;
/** A pulse is due each 500 ms. */
const SILENT_MAX_MS = 1500;
const LOOP_DELAY_MAX_MS = 50;
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;
/** Pulses whose lateness is remembered: half an hour of two senders. */
const PULSES_MAX = 7200;
const CURE = 'take more --senders, fewer --calls, or a machine of its own for one of the two';

export class GeneratorWatch {
  readonly #nowMs: () => number;
  readonly #queuedBytes: () => number;
  readonly #senders = new Map<number, Sender>();
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #latenessP99Ms: number[] = [];
  #isWatching = false;
  #framesSent = 0;
  #lateFrames = 0;
  #bytesOut = 0;
  /** What lay unread more at the end than at the beginning. */
  #backlogBytes = 0;
  /** In each sender, by its last pulse. */
  readonly #unsentBytes = new Map<number, number>();
  #latenessMaxMs = 0;

  /** `nowMs`: of the clock that the pulses' times are of. `queuedBytes`: on their way to the server, in sockets, now. */
  constructor(nowMs: () => number, queuedBytes: () => number = () => 0) {
    this.#nowMs = nowMs;
    this.#queuedBytes = queuedBytes;
  }

  /** From here on it counts. */
  begin(senders: number): void {
    this.#isWatching = true;
    this.#backlogBytes = -this.#unreadBytes();
    const nowMs = this.#nowMs();
    for (let sender = 0; sender < senders; sender += 1) {
      this.#senders.set(sender, { firstAtMs: nowMs, lastAtMs: nowMs, cpuMs: 0, silentMaxMs: 0 });
    }
    this.#loop.reset();
    this.#loop.enable();
  }

  /** Counted from `begin` to `end`. */
  pulse(index: number, pulse: Pulse): void {
    this.#unsentBytes.set(index, pulse.unsentBytes);
    const sender = this.#senders.get(index);
    if (!this.#isWatching || sender === undefined) return;
    sender.silentMaxMs = Math.max(sender.silentMaxMs, this.#nowMs() - sender.lastAtMs);
    sender.lastAtMs = this.#nowMs();
    sender.cpuMs += pulse.cpuMs;
    this.#framesSent += pulse.framesSent;
    this.#lateFrames += pulse.lateFrames;
    this.#bytesOut += pulse.bytesOut;
    this.#latenessMaxMs = Math.max(this.#latenessMaxMs, pulse.latenessMaxMs);
    if (this.#latenessP99Ms.length < PULSES_MAX) this.#latenessP99Ms.push(pulse.latenessP99Ms);
  }

  end(): void {
    const nowMs = this.#nowMs();
    if (this.#isWatching) {
      this.#backlogBytes += this.#unreadBytes();
      for (const sender of this.#senders.values()) {
        sender.silentMaxMs = Math.max(sender.silentMaxMs, nowMs - sender.lastAtMs);
      }
    }
    this.#isWatching = false;
    this.#loop.disable();
  }

  report(): GeneratorReport {
    const senders = [...this.#senders.values()];
    const most = (values: readonly number[]): number => Math.max(0, ...values);
    const lateRatio = this.#lateFrames / Math.max(1, this.#framesSent);
    const senderCpuRatio = most(
      senders.map(({ cpuMs, firstAtMs, lastAtMs }) => cpuMs / Math.max(1, lastAtMs - firstAtMs)),
    );
    const silentMaxMs = most(senders.map((sender) => sender.silentMaxMs));
    const loopDelayP99Ms = Math.max(0, this.#loop.percentile(99) / NS_PER_MS - RESOLUTION_MS);
    const sorted = [...this.#latenessP99Ms].sort((a, b) => a - b);
    const reasons: string[] = [];
    if (lateRatio > LATE_RATIO_MAX) {
      reasons.push(`${(100 * lateRatio).toFixed(1)} % of its frames left over 10 ms late`);
    }
    if (silentMaxMs > SILENT_MAX_MS)
      reasons.push(`a sender stood still for ${(silentMaxMs / 1000).toFixed(1)} s`);
    if (senderCpuRatio > CPU_RATIO_MAX) reasons.push('a sender used up its core');
    if (loopDelayP99Ms > LOOP_DELAY_MAX_MS) {
      reasons.push(`its event loop was ${loopDelayP99Ms.toFixed(0)} ms late (p99)`);
    }
    return {
      valid: reasons.length === 0,
      reasons: reasons.length === 0 ? [] : [...reasons, CURE],
      framesSent: this.#framesSent,
      framesTaken: Math.round(this.#framesSent * (1 - this.#backlogBytes / Math.max(1, this.#bytesOut))),
      lateFrames: this.#lateFrames,
      latenessP99TypicalMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
      latenessP99WorstMs: sorted.at(-1) ?? 0,
      latenessMaxMs: this.#latenessMaxMs,
      senderCpuRatio,
      silentMaxMs,
      loopDelayP99Ms,
    };
  }

  #unreadBytes(): number {
    return this.#queuedBytes() + [...this.#unsentBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}
