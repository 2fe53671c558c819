/**
 * Spans on their way to the collector: bounded, in batches, one request at a time. A collector that is down, slow or of
 * another mind costs a count of what was dropped, and memory up to the bound. Trace thread.
 *
 *   idle --spans--> gathering --5 s, or a batch is full--> sending --taken--> gathering, or idle
 *                                                             |  not now (unreachable, 429, 502, 503, 504): wait, then again
 *                                                             `- refused: the batch is dropped
 */
import type { Clock, Timer } from '../clock.ts';
import type { Span } from './span.ts';

/** Spans at once in memory, the batch that is sent included; some 1 KB each. A thousand calls in full talk make 600 a second. */
const WAITING_MAX = 8192;
const BATCH_MAX = 512;
/** As the OpenTelemetry SDKs wait. A request costs as much as encoding a hundred spans. */
const GATHER_MS = 5000;
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 30_000;

/** `taken`: for good, but for `rejected` spans of them. `later`: the same may be taken then. */
export type SendOutcome =
  | { readonly kind: 'taken'; readonly rejected: number }
  | { readonly kind: 'later'; readonly afterMs: number | null }
  | { readonly kind: 'refused' };

export interface SpanQueueParts {
  readonly clock: Clock;
  /** Settles by itself, and never rejects. */
  readonly send: (spans: readonly Span[]) => Promise<SendOutcome>;
  readonly onExported: (spans: number) => void;
  readonly onDropped: (spans: number) => void;
}

export class SpanQueue {
  readonly #parts: SpanQueueParts;
  #waiting: Span[] = [];
  #sending: readonly Span[] = [];
  #timer: Timer | null = null;
  #failures = 0;
  #isClosing = false;
  #onIdle: (() => void)[] = [];

  constructor(parts: SpanQueueParts) {
    this.#parts = parts;
  }

  add(spans: readonly Span[]): void {
    const room = WAITING_MAX - this.#waiting.length - this.#sending.length;
    const taken = this.#isClosing ? [] : spans.slice(0, Math.max(0, room));
    if (taken.length < spans.length) this.#parts.onDropped(spans.length - taken.length);
    this.#waiting.push(...taken);
    if (this.#sending.length > 0 || this.#failures > 0) return;
    if (this.#waiting.length >= BATCH_MAX) this.#sendNow();
    else if (this.#waiting.length > 0) this.#sendLater(GATHER_MS);
  }

  /** Sends what waits, with no pause and each batch once; what is left after `deadlineMs` is dropped. Takes nothing more. Idempotent. */
  async close(deadlineMs: number): Promise<void> {
    const { clock, onDropped } = this.#parts;
    this.#isClosing = true;
    if (this.#sending.length === 0) this.#sendNow();
    if (this.#isIdle) return;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(deadlineMs, resolve);
      this.#onIdle.push(() => {
        clock.clearTimer(timer);
        resolve();
      });
    });
    const left = this.#waiting.length + this.#sending.length;
    this.#waiting = [];
    this.#sending = [];
    if (left > 0) onDropped(left);
  }

  get #isIdle(): boolean {
    return this.#waiting.length === 0 && this.#sending.length === 0;
  }

  #sendLater(delayMs: number): void {
    this.#timer ??= this.#parts.clock.setTimer(delayMs, () => this.#sendNow());
  }

  #sendNow(): void {
    const { clock, send } = this.#parts;
    if (this.#timer !== null) clock.clearTimer(this.#timer);
    this.#timer = null;
    if (this.#sending.length > 0 || this.#waiting.length === 0) return;
    this.#sending = this.#waiting.splice(0, BATCH_MAX);
    void send(this.#sending).then((outcome) => this.#sent(outcome));
  }

  #sent(outcome: SendOutcome): void {
    const batch = this.#sending;
    this.#sending = [];
    if (batch.length === 0) return;
    if (outcome.kind === 'later' && !this.#isClosing) {
      this.#waiting = [...batch, ...this.#waiting];
      const delayMs = Math.min(RETRY_MAX_MS, outcome.afterMs ?? RETRY_MIN_MS * 2 ** this.#failures);
      this.#failures += 1;
      this.#sendLater(delayMs);
      return;
    }
    const rejected = outcome.kind === 'taken' ? Math.min(outcome.rejected, batch.length) : batch.length;
    this.#failures = 0;
    if (rejected > 0) this.#parts.onDropped(rejected);
    if (rejected < batch.length) this.#parts.onExported(batch.length - rejected);
    if (this.#isIdle) for (const resolve of this.#onIdle.splice(0)) resolve();
    else if (this.#isClosing || this.#waiting.length >= BATCH_MAX) this.#sendNow();
    else this.#sendLater(GATHER_MS);
  }
}
