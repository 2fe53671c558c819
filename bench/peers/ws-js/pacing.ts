/** One interval for all that plays: a timer for each call and message would cost more than the messages. */

const TICK_MS = 20;

interface Paced {
  pace(nowMs: number): void;
}

export class Pacing {
  readonly #playing = new Set<Paced>();
  #timer: NodeJS.Timeout | null = null;

  add(paced: Paced): void {
    this.#playing.add(paced);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  remove(paced: Paced): void {
    this.#playing.delete(paced);
    if (this.#playing.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    const nowMs = performance.now();
    for (const paced of this.#playing) paced.pace(nowMs);
  }
}
