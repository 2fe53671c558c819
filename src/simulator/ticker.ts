/**
 * One timer for every simulated call. Each member runs once every 20 ms from an absolute schedule, so lateness of one tick
 * never adds to the next. Members are spread over four phases 5 ms apart: a carrier's calls do not all speak at one instant.
 */
import type { Clock, Timer } from '../clock.ts';

export const TICK_MS = 20;
const PHASES = 4;
const SLOT_MS = TICK_MS / PHASES;
/** After a longer stall (a suspended machine) the schedule starts anew instead of catching up. */
const CATCH_UP_MAX_SLOTS = 2000 / SLOT_MS;

export class Ticker {
  /** The latest that any tick has run after its due time: tells a slow simulator from a slow server. */
  latenessMaxMs = 0;
  readonly #clock: Clock;
  readonly #phases: ReadonlyArray<Set<() => void>>;
  #originMs: number;
  #nextSlot = 0;
  #timer: Timer | null = null;
  #letInputThrough = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#phases = Array.from({ length: PHASES }, () => new Set<() => void>());
    this.#originMs = clock.nowMs();
  }

  get members(): number {
    return this.#phases.reduce((sum, phase) => sum + phase.size, 0);
  }

  /** Runs `tick` every 20 ms until the returned function is called. Ticks missed by a stall are made up for at once. */
  add(tick: () => void): () => void {
    const fewest = Math.min(...this.#phases.map((phase) => phase.size));
    const phase = this.#phases.find((candidate) => candidate.size === fewest)!;
    if (this.members === 0) this.#startAnew();
    phase.add(tick);
    this.#arm();
    return () => {
      phase.delete(tick);
      if (this.members === 0) this.#disarm();
    };
  }

  #startAnew(): void {
    this.#originMs = this.#clock.nowMs();
    this.#nextSlot = 1;
  }

  #arm(): void {
    if (this.#timer !== null) {
      this.#clock.clearTimer(this.#timer);
      this.#timer = null;
    }
    let slot = this.#nextSlot;
    while (slot < this.#nextSlot + PHASES && this.#phases[slot % PHASES]!.size === 0) slot += 1;
    const delayMs = Math.max(0, this.#originMs + slot * SLOT_MS - this.#clock.nowMs());
    this.#timer = this.#clock.setTimer(delayMs, () => this.#run());
  }

  #disarm(): void {
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  #run(): void {
    this.#timer = null;
    const currentSlot = Math.floor((this.#clock.nowMs() - this.#originMs) / SLOT_MS + 1e-6);
    const behindSlots = currentSlot - this.#nextSlot;
    if (behindSlots >= PHASES && !this.#letInputThrough) {
      // This thread was busy: what the server sent meanwhile still waits in the sockets. It is read before playback goes
      // on, else the simulator's own stall would look like a gap in the server's audio.
      this.#letInputThrough = true;
      this.#timer = this.#clock.setTimer(0, () => this.#run());
      return;
    }
    this.#letInputThrough = false;
    this.latenessMaxMs = Math.max(this.latenessMaxMs, behindSlots * SLOT_MS);
    if (behindSlots > CATCH_UP_MAX_SLOTS) {
      this.#startAnew();
    } else {
      for (; this.#nextSlot <= currentSlot; this.#nextSlot += 1) {
        for (const tick of this.#phases[this.#nextSlot % PHASES]!) tick();
      }
    }
    if (this.members > 0) this.#arm();
  }
}
