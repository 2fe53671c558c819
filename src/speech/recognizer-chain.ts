/**
 * Several recognizers as one: each is asked when the one before it could not say, and none costs a caller anything while
 * it is known to be down. Runs in the call workers.
 *
 *   end --> first usable link --transcript (also an empty one)--> done
 *               |  transient: once more, if what it asks to wait is short
 *               |  late, denied, unusable, full, or failed again
 *               v
 *           next usable link --words--> done
 *               |  nothing understood, after a failure: the first failure is the outcome, so that the keypad is offered
 *               v
 *           none left: rejects with the first failure
 *
 * Every try has a deadline, and all of them together have the turn's. A link that is down is passed over; when its trial is
 * due, the same utterance goes to it on the side, for the sake of the next caller.
 */
import type { PcmAudio } from '../audio/audio-format.ts';
import type { CallId } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { DeadlineError, ProviderError, toErrorRecord } from '../errors.ts';
import type { Recognition, Recognizer, RecognizerTry, SpeechExpectation, Transcript } from './recognizer.ts';
import { withDeadline } from './recognizer-deadline.ts';
import type { VendorGuard } from './resilience/vendor-guard.ts';
import type { VendorTally } from './resilience/vendor-tally.ts';
import type { TurnSlots } from './turn-slots.ts';

const TRIES_MAX = 2;
/** Between two tries, where the vendor names no time. */
const RETRY_WAIT_MS = 250;
/** A vendor that asks for a longer wait is left to the next caller. */
const RETRY_WAIT_MAX_MS = 2000;
/** For a place with a recognizer that is full: a caller hears nothing meanwhile, or the filler. */
const PLACE_WAIT_MAX_MS = 2000;
/** A try with less time than this is not begun. */
const TRY_MIN_MS = 300;

export interface RecognizerLink {
  readonly recognizer: Recognizer;
  /** Null for what runs in this very thread: it is never passed over. */
  readonly guard: VendorGuard | null;
  /** Shared by the calls of the worker; null or absent: it has a bound of its own. */
  readonly slots?: TurnSlots | null;
}

export interface RecognizerChainParts {
  /** At least one. */
  readonly links: readonly RecognizerLink[];
  readonly clock: Clock;
  readonly apiDeadlineMs: number;
  readonly turnDeadlineMs: number;
  readonly tally: VendorTally;
}

export class RecognizerChain implements Recognizer {
  readonly #parts: RecognizerChainParts;
  readonly #callId: CallId | null;

  /** `callId`: whose utterances come; null: nobody's in particular. */
  constructor(parts: RecognizerChainParts, callId: CallId | null = null) {
    this.#parts = parts;
    this.#callId = callId;
  }

  forCall(callId: CallId): RecognizerChain {
    return new RecognizerChain(this.#parts, callId);
  }

  /** Of the link that would be asked now; `none` where all are down. */
  get provider(): string {
    return firstUsable(this.#parts.links)?.recognizer.provider ?? 'none';
  }

  /** As the link that would be asked now. */
  get isLive(): boolean {
    return firstUsable(this.#parts.links)?.recognizer.isLive === true;
  }

  open(expectation: SpeechExpectation, signal: AbortSignal): Recognition {
    return new ChainRecognition(this.#parts, this.#callId, expectation, signal);
  }
}

/** A recognition that hears the pieces as they come. */
interface Early {
  readonly link: RecognizerLink;
  readonly recognition: Recognition;
  readonly abort: AbortController;
}

class ChainRecognition implements Recognition {
  readonly tries: RecognizerTry[] = [];
  readonly #parts: RecognizerChainParts;
  readonly #callId: CallId | null;
  readonly #expectation: SpeechExpectation;
  readonly #signal: AbortSignal;
  readonly #pieces: PcmAudio[] = [];
  /** Null: the link is no live one, and is opened at the end. */
  #early: Early | null = null;

  constructor(
    parts: RecognizerChainParts,
    callId: CallId | null,
    expectation: SpeechExpectation,
    signal: AbortSignal,
  ) {
    this.#parts = parts;
    this.#callId = callId;
    this.#expectation = expectation;
    this.#signal = signal;
    const link = firstUsable(parts.links);
    if (link?.recognizer.isLive !== true) return;
    const abort = new AbortController();
    const timed = withDeadline(link.recognizer, parts.apiDeadlineMs, parts.clock);
    const recognition = timed.open(expectation, AbortSignal.any([signal, abort.signal]));
    this.#early = { link, recognition, abort };
  }

  push(audio: PcmAudio): void {
    this.#pieces.push(audio);
    this.#early?.recognition.push(audio);
  }

  async end(): Promise<Transcript> {
    const { clock, links, tally, turnDeadlineMs } = this.#parts;
    const untilAtMs = clock.nowMs() + turnDeadlineMs;
    const failures: unknown[] = [];
    for (const link of links) {
      if (link.guard?.isUsable() === false) {
        tally.count('recognizer', link.recognizer.provider, 'skipped');
        this.#tried(link, 'skipped', 0);
        if (this.#early?.link === link) this.#early.abort.abort();
        this.#tryOnTheSide(link);
        failures.push(isDown(link.recognizer.provider));
        continue;
      }
      try {
        const transcript = await this.#askLink(link, untilAtMs);
        if (transcript.text.trim() !== '' || failures.length === 0) return transcript;
      } catch (failure) {
        this.#signal.throwIfAborted();
        failures.push(failure);
      }
    }
    throw failures[0];
  }

  /** All tries of one link. */
  async #askLink(link: RecognizerLink, untilAtMs: number): Promise<Transcript> {
    const { clock } = this.#parts;
    for (let tries = 1; ; tries++) {
      const leftMs = untilAtMs - clock.nowMs();
      // What runs in this thread takes no time to speak of, and is there when all else has failed.
      if (leftMs < TRY_MIN_MS && link.guard !== null)
        throw new DeadlineError('Expected a transcript within the turn, received none');
      try {
        return await this.#try(link, untilAtMs);
      } catch (failure) {
        this.#signal.throwIfAborted();
        const waitMs = retryWaitMs(failure);
        const isLast = tries === TRIES_MAX || waitMs === null || link.guard?.isUsable() === false;
        if (isLast || untilAtMs - clock.nowMs() - waitMs < TRY_MIN_MS) throw failure;
        await this.#wait(waitMs);
      }
    }
  }

  #try(link: RecognizerLink, untilAtMs: number): Promise<Transcript> {
    const early = this.#early;
    this.#early = null;
    const opened = early?.link === link ? early.recognition : null;
    // Another link has come up meanwhile: nobody will end that recognition.
    if (early !== null && opened === null) early.abort.abort();
    const exchange = () => this.#exchange(link, untilAtMs, this.#signal, opened);
    return link.slots == null || opened !== null
      ? exchange()
      : this.#inTurn(link, link.slots, untilAtMs, exchange);
  }

  /** Waits for a place. That there is none says nothing against the vendor, and asking again soon would not find one. */
  async #inTurn(
    link: RecognizerLink,
    slots: TurnSlots,
    untilAtMs: number,
    exchange: () => Promise<Transcript>,
  ): Promise<Transcript> {
    const { clock, tally } = this.#parts;
    const askedAtMs = clock.nowMs();
    let isBegun = false;
    const begin = () => {
      isBegun = true;
      return exchange();
    };
    // The last resort is asked when the turn's time is over, too.
    const leftMs = link.guard === null ? PLACE_WAIT_MAX_MS : untilAtMs - askedAtMs - TRY_MIN_MS;
    try {
      return await slots.run(
        this.#callId,
        begin,
        Math.max(0, Math.min(PLACE_WAIT_MAX_MS, leftMs)),
        this.#signal,
      );
    } catch (failure) {
      if (!isBegun && !this.#signal.aborted) {
        tally.count('recognizer', link.recognizer.provider, 'skipped');
        this.#tried(link, 'skipped', clock.nowMs() - askedAtMs, failure);
      }
      throw failure;
    }
  }

  async #exchange(
    link: RecognizerLink,
    untilAtMs: number,
    signal: AbortSignal,
    opened: Recognition | null,
  ): Promise<Transcript> {
    const { apiDeadlineMs, clock, tally } = this.#parts;
    const { guard, recognizer } = link;
    const askedAtMs = clock.nowMs();
    const work = async (): Promise<Transcript> => {
      if (opened !== null) return opened.end();
      const leftMs = Math.max(TRY_MIN_MS, untilAtMs - clock.nowMs());
      const timed = withDeadline(recognizer, Math.min(apiDeadlineMs, leftMs), clock);
      const recognition = timed.open(this.#expectation, signal);
      for (const piece of this.#pieces) recognition.push(piece);
      return recognition.end();
    };
    try {
      const transcript = await (guard === null ? work() : guard.run(work));
      tally.count('recognizer', recognizer.provider, 'ok');
      this.#tried(link, 'ok', clock.nowMs() - askedAtMs);
      return transcript;
    } catch (failure) {
      const outcome = signal.aborted ? 'withdrawn' : failure instanceof DeadlineError ? 'late' : 'failed';
      tally.count('recognizer', recognizer.provider, outcome);
      this.#tried(link, outcome, clock.nowMs() - askedAtMs, failure);
      throw failure;
    }
  }

  #tried(
    { recognizer: { provider } }: RecognizerLink,
    outcome: RecognizerTry['outcome'],
    tookMs: number,
    failure: unknown = null,
  ): void {
    const error = failure === null ? null : toErrorRecord(failure);
    this.tries.push({ provider, outcome, durationMs: Math.round(tookMs), error });
  }

  /** Whether a vendor is back nobody has to wait for. */
  #tryOnTheSide(link: RecognizerLink): void {
    if (link.guard?.isTrialDue() !== true) return;
    // Not the call's signal: the answer is of use after the call's end, too.
    const { signal } = new AbortController();
    const { apiDeadlineMs, clock } = this.#parts;
    this.#exchange(link, clock.nowMs() + apiDeadlineMs, signal, null).catch(() => {});
  }

  /** Rejects with the signal's reason as soon as it is aborted. */
  #wait(durationMs: number): Promise<void> {
    const { clock } = this.#parts;
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        clock.clearTimer(timer);
        reject(signal.reason);
      };
      const timer = clock.setTimer(durationMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

function firstUsable(links: readonly RecognizerLink[]): RecognizerLink | undefined {
  return links.find(({ guard }) => guard === null || guard.isUsable());
}

/** How long to wait before the same request is worth sending again; null: it is not, within a turn. */
function retryWaitMs(failure: unknown): number | null {
  if (!(failure instanceof ProviderError) || !failure.retryable) return null;
  const waitMs = Math.max(0, failure.retryAfterMs ?? RETRY_WAIT_MS);
  return waitMs <= RETRY_WAIT_MAX_MS ? waitMs : null;
}

function isDown(provider: string): ProviderError {
  return new ProviderError(`Expected ${provider} to be up, received several failures just before`, {
    provider,
    fault: 'transient',
  });
}
