/**
 * The way between carrier and server, both directions: delay, freeze, and what may happen to media messages on it. A good
 * line passes everything at once and queues nothing. `flush` runs at each tick, so delays come in steps of 20 ms.
 */
import type { NetworkOptions } from './caller.ts';
import type { Random } from './random.ts';

/** Ten minutes of frames: a longer freeze loses what comes then. */
const HELD_MAX = 30_000;

interface Held<Item> {
  readonly dueAtMs: number;
  readonly item: Item;
}

export class StreamLink<Up, Down> {
  readonly #options: NetworkOptions;
  readonly #random: Random;
  readonly #sendUp: (item: Up) => void;
  readonly #deliverDown: (item: Down) => void;
  #up: Held<Up>[] = [];
  #down: Held<Down>[] = [];
  #frozenUntilMs = 0;
  #overtaken: Up | null = null;

  constructor(
    options: NetworkOptions,
    random: Random,
    sendUp: (item: Up) => void,
    deliverDown: (item: Down) => void,
  ) {
    this.#options = options;
    this.#random = random;
    this.#sendUp = sendUp;
    this.#deliverDown = deliverDown;
  }

  freeze(untilMs: number): void {
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, untilMs);
  }

  /** Carrier -> server, never lost. */
  up(item: Up, nowMs: number): void {
    if (this.#passes(this.#up, nowMs)) this.#sendUp(item);
    else this.#hold(this.#up, item, nowMs);
  }

  /** Carrier -> server, subject to loss, duplication and reordering. */
  upMedia(item: Up, nowMs: number): void {
    const { lossRatio = 0, duplicationRatio = 0, reorderingRatio = 0 } = this.#options;
    if (lossRatio > 0 && this.#random() < lossRatio) return;
    const overtaken = this.#overtaken;
    this.#overtaken = null;
    if (overtaken === null && reorderingRatio > 0 && this.#random() < reorderingRatio) {
      this.#overtaken = item;
      return;
    }
    this.up(item, nowMs);
    if (overtaken !== null) this.up(overtaken, nowMs);
    if (duplicationRatio > 0 && this.#random() < duplicationRatio) this.up(item, nowMs);
  }

  /** Server -> carrier. */
  down(item: Down, nowMs: number): void {
    if (this.#passes(this.#down, nowMs)) this.#deliverDown(item);
    else this.#hold(this.#down, item, nowMs);
  }

  flush(nowMs: number): void {
    if (nowMs < this.#frozenUntilMs) return;
    while (this.#up.length > 0 && this.#up[0]!.dueAtMs <= nowMs) this.#sendUp(this.#up.shift()!.item);
    while (this.#down.length > 0 && this.#down[0]!.dueAtMs <= nowMs)
      this.#deliverDown(this.#down.shift()!.item);
  }

  #passes(queue: readonly unknown[], nowMs: number): boolean {
    return (this.#options.delayMs ?? 0) === 0 && nowMs >= this.#frozenUntilMs && queue.length === 0;
  }

  #hold<Item>(queue: Held<Item>[], item: Item, nowMs: number): void {
    if (queue.length === HELD_MAX) return;
    queue.push({ dueAtMs: Math.max(nowMs + (this.#options.delayMs ?? 0), this.#frozenUntilMs), item });
  }
}
