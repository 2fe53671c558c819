/**
 * Leaving without hanging up on anyone: no new calls, the live ones go on until the drain limit, the rest are ended so that
 * their carrier asks where to go on. Installs no signal listener: the composition root calls it. I/O thread.
 *
 *   no --begin--> draining --empty, limit or hurry--> ending --carriers have asked--> done
 */
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { CallDirectory } from './call-directory.ts';

export interface DrainOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly directory: CallDirectory;
  /** Calls whose stream may still come, and ended ones whose carrier has not asked yet what comes next. */
  readonly waitingCount: () => number;
  readonly drainSeconds: number;
}

/** How often the slots of calls to come are looked at: they end by themselves, with no event. */
const LOOK_MS = 500;
/** What ended calls are waited for that the drain itself has ended: they are told to wait, and go on elsewhere. */
const ENDING_LOOK_MS = 50;
const ENDING_MAX_MS = 2000;

export class Drain {
  readonly #options: DrainOptions;
  #leaving: 'no' | 'draining' | 'ending' = 'no';
  #done: Promise<void> | null = null;
  #finish: () => void = () => {};
  #limit: Timer | null = null;
  #look: Timer | null = null;
  #stopObserving: () => void = () => {};

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  get leaving(): 'no' | 'draining' | 'ending' {
    return this.#leaving;
  }

  /** Resolves when no call is live, at the latest after the drain limit. The same promise however often it is called. */
  begin(): Promise<void> {
    this.#done ??= this.#start();
    return this.#done;
  }

  /** Ends now what is still live: a second signal. */
  hurry(): void {
    void this.begin();
    this.#end();
  }

  #start(): Promise<void> {
    const { clock, directory, drainSeconds, log } = this.#options;
    this.#leaving = 'draining';
    log.info({ event: 'drain.started', calls: directory.liveCount }, 'draining: no new calls');
    const done = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    this.#limit = clock.setTimer(drainSeconds * 1000, () => this.#end());
    this.#stopObserving = directory.observe({ onEnd: () => this.#endIfEmpty() });
    this.#lookLater();
    this.#endIfEmpty();
    return done;
  }

  #lookLater(): void {
    this.#look = this.#options.clock.setTimer(LOOK_MS, () => {
      this.#lookLater();
      this.#endIfEmpty();
    });
  }

  #endIfEmpty(): void {
    if (this.#options.directory.liveCount === 0 && this.#options.waitingCount() === 0) this.#end();
  }

  #end(): void {
    if (this.#leaving !== 'draining') return;
    const { clock, directory, log } = this.#options;
    this.#leaving = 'ending';
    this.#stopObserving();
    for (const timer of [this.#limit, this.#look]) if (timer !== null) clock.clearTimer(timer);
    const calls = directory.liveCount;
    directory.endAll('shutting down');
    log.info({ event: 'drain.ended', calls }, 'drained');
    this.#finishLater(clock.nowMs() + ENDING_MAX_MS);
  }

  #finishLater(untilMs: number): void {
    const { clock, waitingCount } = this.#options;
    if (waitingCount() === 0 || clock.nowMs() >= untilMs) this.#finish();
    else clock.setTimer(ENDING_LOOK_MS, () => this.#finishLater(untilMs));
  }
}
