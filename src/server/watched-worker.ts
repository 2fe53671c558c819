/**
 * One call worker and the watch over it: from its start to its loss, which is reported once, whatever it was. The batch of
 * a tick goes out in one message; what is posted while the worker shows no life is bounded. I/O thread.
 *
 *   starting --worker.ready--> ready --lost--> leaving --its thread has ended, or 100 ms--> gone: `onLost`
 *       \                         \                ^
 *        '--lost, or too slow------'---------------'        any --close--> gone, without a report
 *
 * While it is leaving nothing is sent to it any more, but what it had sent is still taken: a snapshot that was on its way
 * when the loss was decided is the state that its call goes on from. After that nothing of it is.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { CallId, FromCall, ToCall } from '../channel/messages.ts';
import { BatchedPort } from '../channel/port.ts';
import type { VendorCounts, VendorHealth } from '../channel/vendor-messages.ts';
import { type CallWorkerStart, type FromWorker, HEALTH, HEALTH_CELLS } from '../channel/worker-start.ts';
import type { Clock, Timer } from '../clock.ts';
import { type ErrorRecord, toErrorRecord } from '../errors.ts';

export type LossCause = 'exit' | 'error' | 'stall' | 'memory' | 'messages not taken' | 'start too slow';

export interface WatchedWorkerOptions {
  readonly workerUrl: URL;
  readonly stallMs: number;
  readonly heapLimitBytes: number;
  readonly clock: Clock;
  readonly start: Omit<CallWorkerStart, 'health'>;
  readonly onReady: () => void;
  readonly onMessage: (message: FromCall) => void;
  readonly onVendor: (message: VendorCounts | VendorHealth) => void;
  /** A message of this call could not be cloned; the call cannot go on. */
  readonly onUnpostable: (callId: CallId) => void;
  /** Once. Nothing comes from the worker after it. */
  readonly onLost: (loss: WorkerLoss) => void;
}

export interface WorkerLoss {
  readonly cause: LossCause;
  /** The call that it was serving, or 0. */
  readonly suspect: CallId;
  readonly error: ErrorRecord | null;
  /** When the loss was seen, monotonic: up to 100 ms before it is reported. */
  readonly decidedAtMs: number;
}

/** A worker imports in well under a second; a loaded two-core machine takes several. */
const START_DEADLINE_MS = 20_000;
/**
 * A loop that keeps objects grows by some 300 MB a second (measured), so this sees it 75 MB over the limit; an answer
 * costs the worker some 50 us.
 */
const HEAP_POLL_MS = 250;
/** A thread that is in the middle of a collection takes 80 to 400 ms to end (measured); its messages come well before. */
const LAST_MESSAGES_MS = 100;
/**
 * What may be posted between two signs of life. A beat comes every 200 ms, and the worker takes its messages before it can
 * beat by its timer: more than this in between means that nothing is taken. 32 MiB are 1,000 utterances of a second.
 */
const UNTAKEN_MESSAGES_MAX = 20_000;
const UNTAKEN_BYTES_MAX = 32 * 1024 * 1024;
/** V8's own limit stands far above ours: reaching it can abort the whole process. */
const HARD_LIMIT_FACTOR = 4;
/** Node 22 else follows the call whose code runs (call/health-beat.ts) by hooks that make every await three times as dear. */
const CONTEXT_FRAMES = '--experimental-async-context-frame';
/**
 * Of which V8 fills a third before it collects. A turn leaves some 200 KB behind and keeps next to nothing, so more room
 * makes collections rarer and no shorter: V8's own 48 MB were resident in full from 100 talking calls on (measured).
 */
const YOUNG_GENERATION_MB = 12;

export class WatchedWorker {
  readonly index: number;
  /** The calls placed here; kept by the pool. */
  readonly calls = new Set<CallId>();
  readonly #options: WatchedWorkerOptions;
  readonly #worker: Worker;
  readonly #health: Int32Array;
  #state: 'starting' | 'ready' | 'leaving' | 'gone' = 'starting';
  #wasReady = false;
  readonly #outbox: BatchedPort<ToCall>;
  #untakenMessages = 0;
  #untakenBytes = 0;
  #beat = 0;
  #beatAtMs: number;
  #checkedAtMs: number;
  readonly #startedAtMs: number;
  #heapAskedAtMs: number;
  #isHeapAsked = false;
  #watch: Timer | null = null;
  #loss: WorkerLoss | null = null;
  #lastMessages: Timer | null = null;
  #gone: Promise<void> | null = null;

  constructor(options: WatchedWorkerOptions) {
    this.#options = options;
    this.index = options.start.workerIndex;
    const memory = new SharedArrayBuffer(HEALTH_CELLS * Int32Array.BYTES_PER_ELEMENT);
    this.#health = new Int32Array(memory);
    this.#startedAtMs = options.clock.nowMs();
    this.#beatAtMs = this.#startedAtMs;
    this.#checkedAtMs = this.#startedAtMs;
    this.#heapAskedAtMs = this.#startedAtMs;
    const { storePort, telemetry, voicePort } = options.start;
    const ports: MessagePort[] = [storePort, voicePort];
    if (telemetry?.trace != null) ports.push(telemetry.trace.port);
    this.#worker = new Worker(options.workerUrl, {
      workerData: { ...options.start, health: memory } satisfies CallWorkerStart,
      transferList: ports,
      execArgv: [...process.execArgv, CONTEXT_FRAMES],
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
        maxOldGenerationSizeMb: Math.ceil((options.heapLimitBytes * HARD_LIMIT_FACTOR) / 2 ** 20),
      },
    });
    this.#outbox = new BatchedPort<ToCall>(this.#worker, {
      onRefused: (message) => this.#options.onUnpostable(message.callId),
    });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('messageerror', (thrown) => this.#lose('error', toErrorRecord(thrown)));
    this.#worker.on('error', (thrown) => this.#lose('error', toErrorRecord(thrown)));
    this.#worker.on('exit', () => {
      this.#lose('exit', null);
      this.#handOver();
    });
    this.#watchLater();
  }

  /** It takes calls. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** It has taken calls: its loss is no failed start. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Sends it with the tick's other messages. */
  post(message: ToCall): void {
    if (this.#isOver) return;
    const transfer = 'audio' in message ? [message.audio] : [];
    this.#readBeat();
    this.#untakenMessages += 1;
    this.#untakenBytes += transfer[0]?.byteLength ?? 0;
    if (this.#untakenMessages > UNTAKEN_MESSAGES_MAX || this.#untakenBytes > UNTAKEN_BYTES_MAX) {
      this.#lose('messages not taken', null);
      return;
    }
    try {
      this.#outbox.post(message, transfer);
    } catch {
      this.#options.onUnpostable(message.callId);
    }
  }

  /** Ends the thread with no report. Resolves when it has gone. Idempotent. */
  close(): Promise<void> {
    this.#stopWatching('gone');
    return this.#terminate();
  }

  get #isOver(): boolean {
    return this.#state === 'leaving' || this.#state === 'gone';
  }

  #terminate(): Promise<void> {
    this.#gone ??= this.#worker.terminate().then(() => undefined);
    return this.#gone;
  }

  #receive(message: FromWorker): void {
    if (this.#state === 'gone') return;
    switch (message.kind) {
      case 'worker.ready':
        if (this.#state !== 'starting') return;
        this.#state = 'ready';
        this.#wasReady = true;
        this.#beatAtMs = this.#options.clock.nowMs();
        this.#options.onReady();
        return;
      case 'worker.failed':
        this.#lose('error', message.error);
        return;
      case 'batch':
        for (const each of message.messages) this.#options.onMessage(each);
        return;
      case 'vendor.counts':
      case 'vendor.health':
        this.#options.onVendor(message);
        return;
    }
  }

  #watchLater(): void {
    const intervalMs = Math.max(20, Math.min(HEAP_POLL_MS, this.#options.stallMs / 4));
    this.#watch = this.#options.clock.setTimer(intervalMs, () => {
      this.#watch = null;
      this.#check();
      if (!this.#isOver) this.#watchLater();
    });
  }

  #check(): void {
    const { clock, stallMs } = this.#options;
    const nowMs = clock.nowMs();
    // This thread was held up itself (or the machine slept): what it did not see is no proof.
    const wasHeldUp = nowMs - this.#checkedAtMs > stallMs;
    this.#checkedAtMs = nowMs;
    this.#readBeat();
    if (wasHeldUp) this.#beatAtMs = nowMs;
    if (this.#state === 'starting') {
      if (nowMs - this.#startedAtMs > START_DEADLINE_MS) this.#lose('start too slow', null);
      return;
    }
    if (nowMs - this.#beatAtMs > stallMs) {
      this.#lose('stall', null);
      return;
    }
    if (nowMs - this.#heapAskedAtMs >= HEAP_POLL_MS && !this.#isHeapAsked) this.#askHeap(nowMs);
  }

  #readBeat(): void {
    const beat = Atomics.load(this.#health, HEALTH.beat);
    if (beat === this.#beat) return;
    this.#beat = beat;
    this.#beatAtMs = this.#options.clock.nowMs();
    this.#untakenMessages = 0;
    this.#untakenBytes = 0;
  }

  /** Answered by V8's interrupt, also in a loop that never yields. */
  #askHeap(nowMs: number): void {
    this.#heapAskedAtMs = nowMs;
    this.#isHeapAsked = true;
    this.#worker.getHeapStatistics().then(
      (heap) => {
        this.#isHeapAsked = false;
        const bytes = heap.used_heap_size + heap.external_memory;
        if (bytes > this.#options.heapLimitBytes) this.#lose('memory', null);
      },
      () => {
        // The worker ended meanwhile; its exit says so.
        this.#isHeapAsked = false;
      },
    );
  }

  #lose(cause: LossCause, error: ErrorRecord | null): void {
    if (this.#isOver) return;
    const { clock } = this.#options;
    const suspect = Atomics.load(this.#health, HEALTH.callId);
    this.#loss = { cause, suspect, error, decidedAtMs: clock.nowMs() };
    this.#stopWatching('leaving');
    this.#lastMessages = clock.setTimer(LAST_MESSAGES_MS, () => this.#handOver());
    void this.#terminate();
  }

  #handOver(): void {
    if (this.#state !== 'leaving' || this.#loss === null) return;
    this.#stopWatching('gone');
    this.#options.onLost(this.#loss);
  }

  #stopWatching(state: 'leaving' | 'gone'): void {
    const { clock } = this.#options;
    this.#state = state;
    for (const timer of [this.#watch, this.#lastMessages]) if (timer !== null) clock.clearTimer(timer);
    this.#watch = null;
    this.#lastMessages = null;
  }
}
