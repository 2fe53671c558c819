/**
 * A carrier's playback buffer on a fake clock: plays what it is sent in real time, echoes a mark when the audio before it
 * has been played, empties and echoes all at a clear. Written from Twilio's documentation, not from our playback.
 */
import type { Clock } from '../../src/clock.ts';

type Queued = { readonly kind: 'audio'; readonly lengthMs: number } | { readonly kind: 'mark'; name: string };

export class FakeCarrier {
  readonly #clock: Clock;
  readonly #echo: (name: string) => void;
  #queue: Queued[] = [];
  /** When the first of the queue began to play; null while nothing plays. */
  #headSinceMs: number | null = null;
  #timerGeneration = 0;
  echoes = true;
  /** Most audio that was ever held, and silences between audio that followed on each other. */
  heldMaxMs = 0;
  playedMs = 0;
  gapsMs: number[] = [];
  #dryAtMs: number | null = null;

  constructor(clock: Clock, echo: (name: string) => void) {
    this.#clock = clock;
    this.#echo = echo;
  }

  takes(message: string): void {
    const { event, media, mark } = JSON.parse(message) as {
      event: string;
      media?: { payload: string };
      mark?: { name: string };
    };
    if (event === 'clear') {
      const marks = this.#queue.filter((queued) => queued.kind === 'mark');
      this.#queue = [];
      this.#headSinceMs = null;
      this.#dryAtMs = null;
      this.#timerGeneration++;
      for (const { name } of marks) this.#later(name);
      return;
    }
    if (media !== undefined) {
      this.#queue.push({ kind: 'audio', lengthMs: Buffer.from(media.payload, 'base64').length / 8 });
    }
    if (mark !== undefined) this.#queue.push({ kind: 'mark', name: mark.name });
    this.heldMaxMs = Math.max(this.heldMaxMs, this.heldMs());
    if (this.#headSinceMs === null) this.#next(this.#clock.nowMs());
  }

  heldMs(): number {
    const queued = this.#queue.reduce((sum, item) => sum + (item.kind === 'audio' ? item.lengthMs : 0), 0);
    return queued - (this.#headSinceMs === null ? 0 : this.#clock.nowMs() - this.#headSinceMs);
  }

  #next(atMs: number): void {
    while (this.#queue[0]?.kind === 'mark') {
      const mark = this.#queue.shift() as { name: string };
      this.#later(mark.name);
    }
    const head = this.#queue[0];
    if (head?.kind !== 'audio') {
      this.#headSinceMs = null;
      this.#dryAtMs = atMs;
      return;
    }
    if (this.#dryAtMs !== null && atMs > this.#dryAtMs) this.gapsMs.push(atMs - this.#dryAtMs);
    this.#dryAtMs = null;
    this.#headSinceMs = atMs;
    const generation = this.#timerGeneration;
    this.#clock.setTimer(head.lengthMs - (this.#clock.nowMs() - atMs), () => {
      if (generation !== this.#timerGeneration) return;
      this.#queue.shift();
      this.playedMs += head.lengthMs;
      this.#next(atMs + head.lengthMs);
    });
  }

  #later(name: string): void {
    if (this.echoes) this.#clock.setTimer(0, () => this.#echo(name));
  }
}
