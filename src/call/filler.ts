/**
 * When a caller who waits for us gets to hear something: 2.5 s after they stopped, or after the last thing that they heard,
 * whatever it is that takes long (a recognizer, a synthesizer, the store). Not what is said. Call worker; `Call` owns it.
 *
 *   owed    : the caller has taken a turn that is not answered, or prompts are queued, and nothing can be heard
 *   not owed: something can be heard, or it is the caller's turn
 *
 * While owed for 2.5 s, `fill` is called; what it plays can be heard, so that its end begins the next 2.5 s.
 */
import type { Clock, Timer } from '../clock.ts';

/** Dead air over 3 s makes people say "hello?" or hang up; half a second is for what the filler itself takes. */
export const SILENCE_MAX_MS = 2500;

export class Filler {
  readonly #clock: Clock;
  readonly #fill: () => void;
  readonly #queued = new Set<number>();
  readonly #audible = new Set<number>();
  #isTurnOpen = false;
  #isCallerSpeaking = false;
  #timer: Timer | null = null;

  /** `fill` queues something to be heard and tells `promptQueued` of it. */
  constructor(clock: Clock, fill: () => void) {
    this.#clock = clock;
    this.#fill = fill;
  }

  /** The caller stopped speaking `agoMs` ago, and is owed an answer. */
  turnTaken(agoMs: number): void {
    this.#isTurnOpen = true;
    this.#isCallerSpeaking = false;
    this.#stop();
    this.#watch(Math.max(0, SILENCE_MAX_MS - agoMs));
  }

  /** The answer is under way as prompts, or the turn turned out to be none. */
  turnAnswered(): void {
    this.#isTurnOpen = false;
    this.#watch();
  }

  /** Nobody talks over a caller who speaks; once they have stopped, the wait begins anew. */
  callerSpeaks(isSpeaking: boolean): void {
    this.#isCallerSpeaking = isSpeaking;
    this.#watch();
  }

  promptQueued(playId: number): void {
    this.#queued.add(playId);
    this.#watch();
  }

  promptStarted(playId: number): void {
    if (!this.#queued.delete(playId)) return;
    this.#audible.add(playId);
    this.#watch();
  }

  /** Played, interrupted or failed: it is heard no more. */
  promptEnded(playId: number): void {
    this.#queued.delete(playId);
    this.#audible.delete(playId);
    this.#watch();
  }

  /** Nothing is filled any more. Idempotent. */
  close(): void {
    this.#isTurnOpen = false;
    this.#queued.clear();
    this.#watch();
  }

  #stop(): void {
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  #watch(delayMs = SILENCE_MAX_MS): void {
    const isOwed = this.#isTurnOpen || this.#queued.size > 0;
    if (!isOwed || this.#audible.size > 0 || this.#isCallerSpeaking) {
      this.#stop();
    } else if (this.#timer === null) {
      this.#timer = this.#clock.setTimer(delayMs, () => {
        this.#timer = null;
        this.#fill();
        this.#watch();
      });
    }
  }
}
