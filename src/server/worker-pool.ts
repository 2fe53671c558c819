/**
 * The call workers: places calls, carries the messages both ways, and replaces what is lost. A lost worker costs nobody
 * else anything: its calls are handed back to the owner of the streams, who has them placed again. A call that is placed
 * `alone` gets a worker of its own, which no other call is ever put on. With a reserve, the last worker takes calls only
 * while another is not ready. Knows calls by their id only; what a call is stands in `call/`, which this never imports. I/O
 * thread.
 *
 * Of a call that is not placed, what is posted is dropped: who is placed anew begins from a state, and asks again.
 */
import type { MessagePort } from 'node:worker_threads';
import type { CallId, FromCall, ToCall } from '../channel/messages.ts';
import type { VendorCounts, VendorHealth } from '../channel/vendor-messages.ts';
import type { CallWorkerSettings, WorkerTelemetry } from '../channel/worker-start.ts';
import type { Clock, Timer } from '../clock.ts';
import { ConfigError, toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import { type OnPlaced, PlacementQueue } from './placement-queue.ts';
import { Quarantine } from './quarantine.ts';
import { WatchedWorker, type WorkerLoss } from './watched-worker.ts';

export interface WorkerPoolOptions {
  /** The worker's entry. A URL, since this folder may not know `call/`. */
  readonly workerUrl: URL;
  readonly workers: number;
  /** The last of several takes calls only while another is lost: the others run warmer, and a lost one's calls have a ready one. */
  readonly hasReserve: boolean;
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
  /** What each worker measures itself by; absent: none does. */
  readonly telemetryFor?: (workerIndex: number) => WorkerTelemetry;
  readonly onMessage: (message: FromCall) => void;
  /** A line of a call's record, also after the call was released. */
  readonly onRecorded?: (message: Extract<FromCall, { kind: 'recorded' }>) => void;
  /** What a worker tells of the speech vendors; null: it is gone. */
  readonly onVendor: (workerIndex: number, message: VendorCounts | VendorHealth | null) => void;
  /** Calls whose worker was lost; they are not placed any more. `loss.suspect` is one of them, or 0. */
  readonly onLost: (callIds: readonly CallId[], loss: WorkerLoss) => void;
  /** A message for this call could not be sent; it is still placed, and has missed something. */
  readonly onUnpostable: (callId: CallId) => void;
  /** Workers cannot be started at all: the process should end. Called once. */
  readonly onFatal: (error: ConfigError) => void;
}

/** Losses within this time that are replaced at once; each one more doubles the wait before the next start. */
const BURST_WINDOW_MS = 10_000;
const BURST_LOSSES = 5;
const RESTART_DELAY_MIN_MS = 250;
const RESTART_DELAY_MAX_MS = 10_000;
/** Starts in a row that failed before `worker.ready` while none was ready, over the whole pool, after which it is given up. */
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
  readonly #queue: PlacementQueue;
  readonly #quarantine: Quarantine;
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
    this.#queue = new PlacementQueue(options.clock);
    this.#quarantine = new Quarantine(options.clock, options.workers);
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
    return this.#seats.filter(isReady).length;
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

  /** Calls that wait to be placed. */
  get waitingCount(): number {
    return this.#queue.size;
  }

  /** Workers that have one call of their own. */
  get quarantineCount(): number {
    return this.#quarantine.size;
  }

  /**
   * Gives the call to the ready worker with the fewest calls; the reserve counts while another is not ready. Where none is
   * ready, to the first that is within 15 s. `alone`: to a new worker that is for this call only; at once to none where too
   * many of those are taken.
   */
  place(callId: CallId, how: 'shared' | 'alone', onPlaced: OnPlaced): void {
    if (this.#isClosed || this.#isFatal) onPlaced(null);
    else if (how === 'alone') this.#placeAlone(callId, onPlaced);
    else {
      const worker = this.#leastBusy();
      if (worker === null) this.#queue.add(callId, onPlaced);
      else onPlaced(this.#put(callId, worker));
    }
  }

  /** Sends with the tick's other messages. A call that is not placed (any more) is nobody's: the message is dropped. */
  post(message: ToCall): void {
    this.#workerOfCall.get(message.callId)?.post(message);
  }

  /** The call has ended, and whatever had to be posted for it was. Idempotent. */
  release(callId: CallId): void {
    this.#queue.drop(callId);
    this.#quarantine.release(callId);
    this.#workerOfCall.get(callId)?.calls.delete(callId);
    this.#workerOfCall.delete(callId);
  }

  /** Ends every worker. Calls still placed are not reported. Resolves when the threads have gone. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queue.close();
    const gone: Promise<void>[] = [this.#quarantine.close()];
    for (const seat of this.#seats) {
      if (seat.restart !== null) this.#options.clock.clearTimer(seat.restart);
      seat.restart = null;
      if (seat.worker !== null) gone.push(seat.worker.close());
      seat.worker = null;
    }
    this.#workerOfCall.clear();
    await Promise.all(gone);
  }

  #leastBusy(): WatchedWorker | null {
    const others = this.#seats.slice(0, -1);
    const rests = this.#options.hasReserve && others.length > 0 && others.every(isReady);
    let chosen: WatchedWorker | null = null;
    for (const { worker } of (rests ? others : this.#seats).filter(isReady)) {
      if (chosen === null || worker.calls.size < chosen.calls.size) chosen = worker;
    }
    return chosen;
  }

  #put(callId: CallId, worker: WatchedWorker): number {
    worker.calls.add(callId);
    this.#workerOfCall.set(callId, worker);
    return worker.index;
  }

  #placeAlone(callId: CallId, onPlaced: OnPlaced): void {
    const start = (index: number): WatchedWorker => {
      const worker = this.#open(index, {
        onReady: () => {
          // Not if the call has ended, or was given up, meanwhile.
          if (this.#queue.has(callId)) this.#queue.settle(callId, this.#put(callId, worker));
        },
        onLost: () => {
          this.#quarantine.lost(worker);
          this.#queue.settle(callId, null);
        },
      });
      return worker;
    };
    let isTaken = false;
    try {
      isTaken = this.#quarantine.take(callId, start);
    } catch (thrown) {
      this.#logUnstarted(null, thrown);
    }
    if (!isTaken) onPlaced(null);
    else
      this.#queue.add(callId, (workerIndex) => {
        if (workerIndex === null) this.#quarantine.release(callId);
        onPlaced(workerIndex);
      });
  }

  /** Those that waited for any worker; who waits for one of its own is not meant. */
  #placeWaiting(): void {
    for (const callId of this.#queue.callIds()) {
      const worker = this.#leastBusy();
      if (worker === null) return;
      if (!this.#quarantine.has(callId)) this.#queue.settle(callId, this.#put(callId, worker));
    }
  }

  /** The system has no thread to give: where others serve, that costs nobody a call, and it is asked again later. */
  #startOrLater(seat: Seat): void {
    try {
      this.#start(seat);
    } catch (thrown) {
      this.#logUnstarted(seat.index, thrown);
      if (this.readyCount === 0) this.#failedStarts += 1;
      if (this.#failedStarts < FAILED_STARTS_MAX) this.#replaceLater(seat);
      else this.#giveUp({ cause: 'error', error: toErrorRecord(thrown) });
    }
  }

  #logUnstarted(workerId: number | null, thrown: unknown): void {
    this.#options.log.error(
      { event: 'worker.not-started', workerId, err: toErrorRecord(thrown) },
      'a call worker could not be started',
    );
  }

  #start(seat: Seat): void {
    seat.worker = this.#open(seat.index, {
      onReady: () => {
        this.#failedStarts = 0;
        this.#resolveFirstReady();
        this.#placeWaiting();
      },
      onLost: (loss, wasReady) => {
        seat.worker = null;
        // Where another serves callers, what keeps this one from starting (no descriptor, no thread) may pass.
        if (!wasReady && this.readyCount === 0) this.#failedStarts += 1;
        if (this.#failedStarts >= FAILED_STARTS_MAX) this.#giveUp(loss);
        else this.#replaceLater(seat);
      },
    });
  }

  #open(
    index: number,
    on: { onReady: () => void; onLost: (loss: WorkerLoss, wasReady: boolean) => void },
  ): WatchedWorker {
    const options = this.#options;
    this.#startedCount += 1;
    const worker = new WatchedWorker({
      workerUrl: options.workerUrl,
      stallMs: options.stallMs,
      heapLimitBytes: options.heapLimitBytes,
      clock: options.clock,
      start: {
        workerIndex: index,
        storePort: options.openStorePort(index),
        voicePort: options.openVoicePort(index),
        flows: options.flows,
        readyPromptKeys: options.readyPromptKeys(),
        settings: options.settings,
        ...(options.telemetryFor === undefined ? {} : { telemetry: options.telemetryFor(index) }),
      },
      onReady: () => {
        options.log.info({ event: 'worker.ready', workerId: index }, 'a call worker is ready');
        on.onReady();
      },
      onMessage: (message) => {
        if (message.kind === 'recorded') options.onRecorded?.(message);
        // What a call said after its end, or after it went to another worker, is nobody's.
        else if (this.#workerOfCall.get(message.callId) === worker) options.onMessage(message);
      },
      onVendor: (message) => options.onVendor(index, message),
      onUnpostable: (callId) => options.onUnpostable(callId),
      onLost: (loss) => this.#lost(worker, loss, () => on.onLost(loss, worker.wasReady)),
    });
    return worker;
  }

  #lost(worker: WatchedWorker, loss: WorkerLoss, onLost: () => void): void {
    if (this.#isClosed) return;
    const callIds = [...worker.calls];
    for (const callId of callIds) this.#workerOfCall.delete(callId);
    worker.calls.clear();
    this.#lostCount += 1;
    this.#options.onVendor(worker.index, null);
    const suspect = callIds.includes(loss.suspect) ? loss.suspect : 0;
    const { cause, error: err } = loss;
    this.#options.log.error(
      { event: 'worker.lost', workerId: worker.index, cause, calls: callIds.length, suspect, err },
      'a call worker was lost',
    );
    onLost();
    if (callIds.length > 0) this.#options.onLost(callIds, { ...loss, suspect });
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
      if (!this.#isClosed && !this.#isFatal) this.#startOrLater(seat);
    });
  }

  #giveUp({ cause, error }: Pick<WorkerLoss, 'cause' | 'error'>): void {
    if (this.#isFatal) return;
    this.#isFatal = true;
    for (const callId of this.#queue.callIds()) this.#queue.settle(callId, null);
    const why = error === null ? cause : `${cause}: ${error.message}`;
    this.#options.onFatal(
      new ConfigError(
        `Expected call workers to start, received ${FAILED_STARTS_MAX} failures in a row (${why})`,
      ),
    );
  }
}

function isReady(seat: Seat): seat is Seat & { worker: WatchedWorker } {
  return seat.worker?.isReady === true;
}
