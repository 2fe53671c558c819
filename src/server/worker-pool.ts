/**
 * The call workers: places calls, carries the messages both ways, and replaces what is lost. A lost worker costs nobody
 * else anything: its calls are handed back to the owner of the streams, who ends them politely. Knows calls by their id
 * only; what a call is stands in `call/`, which this never imports. I/O thread.
 */
import type { MessagePort } from 'node:worker_threads';
import type { CallId, FromCall, ToCall } from '../channel/messages.ts';
import type { VendorCounts, VendorHealth } from '../channel/vendor-messages.ts';
import type { CallWorkerSettings } from '../channel/worker-start.ts';
import type { Clock, Timer } from '../clock.ts';
import { ConfigError, type ErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import { type LossCause, WatchedWorker } from './watched-worker.ts';

export interface WorkerPoolOptions {
  /** The worker's entry. A URL, since this folder may not know `call/`. */
  readonly workerUrl: URL;
  readonly workers: number;
  readonly stallMs: number;
  readonly heapLimitBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  /** New ends of channels to the store and voice threads, one a worker; they close with it. */
  readonly openStorePort: (workerIndex: number) => MessagePort;
  readonly openVoicePort: (workerIndex: number) => MessagePort;
  readonly flows: unknown;
  readonly readyPromptKeys: () => readonly string[];
  readonly settings: CallWorkerSettings;
  readonly onMessage: (message: FromCall) => void;
  /** What a worker tells of the speech vendors; null: it is gone. */
  readonly onVendor: (workerIndex: number, message: VendorCounts | VendorHealth | null) => void;
  /**
   * Calls that cannot go on: their worker was lost, or (`unpostable message`) has missed something. `suspect`, the one that
   * the worker was serving, is among them, or 0.
   */
  readonly onLost: (callIds: readonly CallId[], suspect: CallId, cause: LossCause) => void;
  /** Workers cannot be started at all: the process should end. Called once. */
  readonly onFatal: (error: ConfigError) => void;
}

/** Losses within this time that are replaced at once; each one more doubles the wait before the next start. */
const BURST_WINDOW_MS = 10_000;
const BURST_LOSSES = 5;
const RESTART_DELAY_MIN_MS = 250;
const RESTART_DELAY_MAX_MS = 10_000;
/** Starts in a row that failed before `worker.ready`, over the whole pool, after which the start is given up. */
const FAILED_STARTS_MAX = 3;

interface Seat {
  readonly index: number;
  worker: WatchedWorker | null;
  restart: Timer | null;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #seats: Seat[] = [];
  readonly #workerOfCall = new Map<CallId, WatchedWorker>();
  readonly #lossesAtMs: number[] = [];
  /** Resolves when the first worker can take calls. */
  readonly firstReady: Promise<void>;
  #resolveFirstReady: () => void = () => {};
  #failedStarts = 0;
  #lostCount = 0;
  #startedCount = 0;
  #isClosed = false;
  #isFatal = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.firstReady = new Promise((resolve) => {
      this.#resolveFirstReady = resolve;
    });
    for (let index = 0; index < options.workers; index++) {
      const seat: Seat = { index, worker: null, restart: null };
      this.#seats.push(seat);
      this.#start(seat);
    }
  }

  get workerCount(): number {
    return this.#seats.length;
  }

  /** Workers that have imported, warmed up and said so. Calls are placed on these only. */
  get readyCount(): number {
    return this.#seats.reduce((count, seat) => count + (seat.worker?.isReady === true ? 1 : 0), 0);
  }

  /** Workers started since the start, replacements included. */
  get startedCount(): number {
    return this.#startedCount;
  }

  /** Workers lost since the start. */
  get lostCount(): number {
    return this.#lostCount;
  }

  /** Calls placed and not released. */
  get placedCount(): number {
    return this.#workerOfCall.size;
  }

  /** Gives the call to the ready worker with the fewest calls. Its index, or null when none is ready. */
  place(callId: CallId): number | null {
    let chosen: WatchedWorker | null = null;
    for (const { worker } of this.#seats) {
      if (worker?.isReady !== true) continue;
      if (chosen === null || worker.calls.size < chosen.calls.size) chosen = worker;
    }
    if (chosen === null) return null;
    chosen.calls.add(callId);
    this.#workerOfCall.set(callId, chosen);
    return chosen.index;
  }

  /** Sends with the tick's other messages. A call that is not placed (any more) is nobody's: the message is dropped. */
  post(message: ToCall): void {
    this.#workerOfCall.get(message.callId)?.post(message);
  }

  /** The call has ended, and whatever had to be posted for it was. Idempotent. */
  release(callId: CallId): void {
    this.#workerOfCall.get(callId)?.calls.delete(callId);
    this.#workerOfCall.delete(callId);
  }

  /** Ends every worker. Calls still placed are not reported. Resolves when the threads have gone. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const gone: Promise<void>[] = [];
    for (const seat of this.#seats) {
      if (seat.restart !== null) this.#options.clock.clearTimer(seat.restart);
      seat.restart = null;
      if (seat.worker !== null) gone.push(seat.worker.close());
      seat.worker = null;
    }
    this.#workerOfCall.clear();
    await Promise.all(gone);
  }

  #start(seat: Seat): void {
    const options = this.#options;
    this.#startedCount += 1;
    const worker = new WatchedWorker({
      workerUrl: options.workerUrl,
      stallMs: options.stallMs,
      heapLimitBytes: options.heapLimitBytes,
      clock: options.clock,
      start: {
        workerIndex: seat.index,
        storePort: options.openStorePort(seat.index),
        voicePort: options.openVoicePort(seat.index),
        flows: options.flows,
        readyPromptKeys: options.readyPromptKeys(),
        settings: options.settings,
      },
      onReady: () => {
        this.#failedStarts = 0;
        this.#resolveFirstReady();
        options.log.info({ event: 'worker.ready', workerId: seat.index }, 'a call worker is ready');
      },
      onMessage: (message) => {
        // What a call said after its end is nobody's.
        if (this.#workerOfCall.get(message.callId) === worker) options.onMessage(message);
      },
      onVendor: (message) => options.onVendor(seat.index, message),
      onUnpostable: (callId) => options.onLost([callId], callId, 'unpostable message'),
      onLost: (cause, suspect, error) => this.#lost(seat, worker, cause, suspect, error),
    });
    seat.worker = worker;
  }

  #lost(
    seat: Seat,
    worker: WatchedWorker,
    cause: LossCause,
    suspect: CallId,
    error: ErrorRecord | null,
  ): void {
    if (this.#isClosed) return;
    const callIds = [...worker.calls];
    for (const callId of callIds) this.#workerOfCall.delete(callId);
    worker.calls.clear();
    seat.worker = null;
    this.#lostCount += 1;
    this.#options.onVendor(seat.index, null);
    if (!worker.wasReady) this.#failedStarts += 1;
    const isSuspectKnown = callIds.includes(suspect);
    this.#options.log.error(
      {
        event: 'worker.lost',
        workerId: seat.index,
        cause,
        calls: callIds.length,
        suspect: isSuspectKnown ? suspect : 0,
        err: error,
      },
      'a call worker was lost',
    );
    if (this.#failedStarts >= FAILED_STARTS_MAX) this.#giveUp(cause, error);
    else this.#replaceLater(seat);
    if (callIds.length > 0) this.#options.onLost(callIds, isSuspectKnown ? suspect : 0, cause);
  }

  #replaceLater(seat: Seat): void {
    const nowMs = this.#options.clock.nowMs();
    this.#lossesAtMs.push(nowMs);
    while (this.#lossesAtMs[0]! <= nowMs - BURST_WINDOW_MS) this.#lossesAtMs.shift();
    const excess = this.#lossesAtMs.length - BURST_LOSSES;
    const delayMs =
      excess <= 0 ? 0 : Math.min(RESTART_DELAY_MAX_MS, RESTART_DELAY_MIN_MS * 2 ** (excess - 1));
    // A timer at zero too: never a worker started from within the loss of another.
    seat.restart = this.#options.clock.setTimer(delayMs, () => {
      seat.restart = null;
      if (!this.#isClosed && !this.#isFatal) this.#start(seat);
    });
  }

  #giveUp(cause: LossCause, error: ErrorRecord | null): void {
    if (this.#isFatal) return;
    this.#isFatal = true;
    const why = error === null ? cause : `${cause}: ${error.message}`;
    this.#options.onFatal(
      new ConfigError(
        `Expected call workers to start, received ${FAILED_STARTS_MAX} failures in a row (${why})`,
      ),
    );
  }
}
