/**
 * One vendor of the chain with all that is its own: the prompts that it has spoken before, its slots, its guard, and when
 * it is asked again. Voice thread.
 *
 *     it answers with      then
 *     transient            again, after its Retry-After or a growing pause, while tries and budget last
 *     busy                 again after 250 ms and a bit, while the budget lasts; no try is counted
 *     anything else        the next vendor's turn
 */
import type { AudioFormat } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import type { Clock } from '../clock.ts';
import { ProviderError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { PromptBudget } from './prompt-budget.ts';
import type { PromptFiles } from './prompt-files.ts';
import { PromptMaker } from './prompt-maker.ts';
import { type SpokenSource, spokenBy } from './spoken.ts';
import type { Synthesizer } from './synthesizer.ts';
import { VendorSlots } from './vendor-slots.ts';

/** Whether a vendor is worth asking. */
export interface Guard {
  /** False: it is down, pass it over. */
  isUsable(): boolean;
  /** It is down and has rested: one request on the side tells whether it is back. */
  isTrialDue(): boolean;
  /** Runs `work`, takes note of how it ended, rejects as it does. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface SpokenRequest {
  readonly key: string;
  readonly source: SpokenSource;
  readonly format: AudioFormat;
}

export interface VendorVoiceParts {
  readonly synthesizer: Synthesizer;
  /** Requests at once. */
  readonly concurrency: number;
  readonly guard: Guard;
  /** Null: nothing outlives the process. */
  readonly files: PromptFiles | null;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1; tests hand in their own. */
  readonly random?: () => number;
}

const BUSY_WAIT_MS = 250;
const BUSY_JITTER_MS = 100;
/** Before the second try; doubled for each after it. */
const RETRY_WAIT_MS = 200;
const RETRY_JITTER_MS = 50;

export class VendorVoice {
  readonly synthesizer: Synthesizer;
  readonly guard: Guard;
  readonly #files: PromptFiles | null;
  readonly #maker: PromptMaker;
  readonly #slots: VendorSlots;
  readonly #log: Log;
  readonly #random: () => number;
  #saveHasFailed = false;

  constructor(parts: VendorVoiceParts) {
    const { synthesizer, clock } = parts;
    this.synthesizer = synthesizer;
    this.guard = parts.guard;
    this.#files = parts.files;
    this.#maker = new PromptMaker(synthesizer, clock);
    this.#slots = new VendorSlots(synthesizer.provider, parts.concurrency, clock);
    this.#log = parts.log;
    this.#random = parts.random ?? Math.random;
  }

  get provider(): string {
    return this.synthesizer.provider;
  }

  /** What it spoke before, from disk. Never rejects. */
  async find({ key, source, format }: SpokenRequest): Promise<ReadyPrompt | null> {
    return (await this.#files?.load(key, spokenBy(this.synthesizer, source), format)) ?? null;
  }

  /** Speaks it, and keeps it on disk if the plan says so. Settles within the budget; rejects with the last try's error, or the signal's reason. */
  async make(request: SpokenRequest, budget: PromptBudget, isLast: boolean): Promise<ReadyPrompt> {
    for (let tries = 1; ; ) {
      try {
        return await this.#exchange(request, budget, isLast);
      } catch (thrown) {
        const waitMs = this.#waitMsAfter(thrown, tries, budget.plan.triesMax);
        if (waitMs === null || !budget.hasTime(isLast, waitMs)) throw thrown;
        if (!isBusy(thrown)) tries += 1;
        await budget.wait(waitMs);
      }
    }
  }

  async #exchange(request: SpokenRequest, budget: PromptBudget, isLast: boolean): Promise<ReadyPrompt> {
    const { key, source, format } = request;
    const spoken = spokenBy(this.synthesizer, source);
    const speak = () => this.#maker.make(key, spoken, format, budget.exchange(isLast), budget.signal);
    const made = await this.#slots.run(
      () => this.guard.run(speak),
      budget.remainingMs(isLast),
      budget.signal,
    );
    // What was made for one call may hold what its caller said, or their number.
    if (!budget.plan.isKept) return made;
    // It is given out now; the disk may take its time.
    this.#files?.save(made, spoken).catch((err: unknown) => {
      if (this.#saveHasFailed) return;
      this.#saveHasFailed = true;
      this.#log.warn(
        { event: 'prompt.not-kept', err },
        'prompts cannot be kept on disk; each start makes them anew',
      );
    });
    return made;
  }

  /** Null: it is not asked again. */
  #waitMsAfter(thrown: unknown, tries: number, triesMax: number): number | null {
    if (isBusy(thrown)) return BUSY_WAIT_MS + this.#random() * BUSY_JITTER_MS;
    if (!(thrown instanceof ProviderError) || thrown.fault !== 'transient' || tries >= triesMax) return null;
    return thrown.retryAfterMs ?? RETRY_WAIT_MS * 2 ** (tries - 1) + this.#random() * RETRY_JITTER_MS;
  }
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof ProviderError && thrown.fault === 'busy';
}
