/**
 * Calls whose stream has ended here and whose carrier has not been told yet what comes next: a hang-up, a transfer, a new
 * stream. A process that leaves before it has answered would have them end in an error. Each is waited for 5 s at most, and
 * a caller who hung up is not asked about. I/O thread.
 */
import type { Clock } from '../clock.ts';
import type { CallDirectory } from './call-directory.ts';

/** Twilio asks within a second of the close. */
const ASK_MS = 5000;
const REMEMBERED_MAX = 20_000;

export class LastQuestions {
  readonly #clock: Clock;
  /** Call -> until when it is waited for, in order of that. */
  readonly #open = new Map<string, number>();

  constructor(clock: Clock, directory: Pick<CallDirectory, 'observe'>) {
    this.#clock = clock;
    directory.observe({
      onEnd: (callSid, reason) => {
        if (reason !== 'caller hung up' && reason !== 'superseded') this.#expect(callSid);
      },
    });
  }

  /** The carrier has asked about the call, and been told: who leaves in between has told it nothing. */
  answered(callSid: string): void {
    this.#open.delete(callSid);
  }

  count(): number {
    const nowMs = this.#clock.nowMs();
    for (const [callSid, untilMs] of this.#open) {
      if (untilMs > nowMs) break;
      this.#open.delete(callSid);
    }
    return this.#open.size;
  }

  #expect(callSid: string): void {
    this.#open.delete(callSid);
    if (this.count() < REMEMBERED_MAX) this.#open.set(callSid, this.#clock.nowMs() + ASK_MS);
  }
}
