/**
 * Prompts that another than the first vendor spoke, until the first one can. One is asked for at a time: while the vendor
 * is away that is one request a minute, then ever fewer; as soon as one succeeds, or the vendor is known to be back, the
 * others follow at once. Voice thread.
 */
import type { Clock, Timer } from '../clock.ts';
import { ProviderError } from '../errors.ts';
import type { MadePrompt, PromptChain, PromptRequest } from './prompt-chain.ts';

const WAIT_MIN_MS = 60_000;
const WAIT_MAX_MS = 600_000;
/** Prompts of flows; one that a single call wanted may be forgotten. */
const WAITING_MAX = 1024;

export interface StandInsParts {
  readonly chain: Pick<PromptChain, 'makeByFirst'>;
  readonly clock: Clock;
  /** The first vendor has spoken it. */
  readonly onMade: (request: PromptRequest, made: MadePrompt) => void;
}

export class StandIns {
  readonly #parts: StandInsParts;
  /** In the order in which they are asked for. */
  readonly #waiting = new Map<string, PromptRequest>();
  #timer: Timer | null = null;
  #waitMs = WAIT_MIN_MS;
  #isAsking = false;

  constructor(parts: StandInsParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#waiting.size;
  }

  add(request: PromptRequest): void {
    if (this.#waiting.size >= WAITING_MAX) return;
    this.#waiting.set(request.key, request);
    this.#askLater();
  }

  /** The first vendor has spoken it by other ways. */
  remove(key: string): void {
    this.#waiting.delete(key);
  }

  /** Its guard says so, by whatever it spoke: nobody shall hear two voices for the rest of a long wait. */
  firstIsBack(): void {
    if (this.#timer === null) return;
    this.#parts.clock.clearTimer(this.#timer);
    this.#timer = null;
    this.#waitMs = WAIT_MIN_MS;
    void this.#ask();
  }

  #askLater(): void {
    if (this.#timer !== null || this.#isAsking || this.#waiting.size === 0) return;
    this.#timer = this.#parts.clock.setTimer(this.#waitMs, () => {
      this.#timer = null;
      void this.#ask();
    });
  }

  /** Until one fails, or none is left. Never rejects. */
  async #ask(): Promise<void> {
    this.#isAsking = true;
    for (let goesOn = true; goesOn; ) {
      const [request] = this.#waiting.values();
      if (request === undefined) break;
      // To the end of the row, or out of it.
      this.#waiting.delete(request.key);
      goesOn = await this.#askFor(request);
    }
    this.#isAsking = false;
    if (this.#waiting.size === 0) this.#waitMs = WAIT_MIN_MS;
    this.#askLater();
  }

  async #askFor(request: PromptRequest): Promise<boolean> {
    try {
      const made = await this.#parts.chain.makeByFirst(request);
      this.#waitMs = WAIT_MIN_MS;
      this.#parts.onMade(request, made);
      return true;
    } catch (thrown) {
      // This text it will never speak; the others it may.
      if (thrown instanceof ProviderError && thrown.fault === 'refused') return true;
      this.#waiting.set(request.key, request);
      this.#waitMs = Math.min(WAIT_MAX_MS, this.#waitMs * 2);
      return false;
    }
  }
}
