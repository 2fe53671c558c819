/** The journal of a call that is recorded: writes down what passes, and changes nothing. One for each plane, on its thread. */
import type { Journal, JournalEntry } from './journal.ts';
import type { Plane } from './record-line.ts';

export interface RecordingJournalParts {
  readonly plane: Plane;
  /** Of the call plane. */
  readonly run?: number;
  /** Ms since the stream opened, as the plane's clock has it now. */
  readonly readMs: () => number;
  /** Takes one line, without its line feed, and what it says. */
  readonly write: (line: string, entry: JournalEntry) => void;
}

export class RecordingJournal implements Journal {
  readonly #parts: RecordingJournalParts;
  #nowMs = 0;
  #depth = 0;
  #isInTick = false;

  constructor(parts: RecordingJournalParts) {
    this.#parts = parts;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  enter(input: JournalEntry, work: () => void): void {
    const within = this.#depth > 0;
    // Up, never down: a timer must not find itself early by a rounding.
    if (!within) this.#nowMs = Math.ceil(this.#parts.readMs() * 1000) / 1000;
    const joined = this.#parts.plane === 'call' && this.#isInTick;
    this.#write('in', { ...input, ...(within ? { within } : {}), ...(joined ? { joined } : {}) });
    if (this.#parts.plane === 'call' && !this.#isInTick) {
      this.#isInTick = true;
      // Before any promise that follows from this input.
      queueMicrotask(() => {
        this.#isInTick = false;
      });
    }
    this.#depth++;
    try {
      work();
    } finally {
      this.#depth--;
    }
  }

  tell(output: JournalEntry): void {
    this.#write('out', output);
  }

  ask<Answer>(question: JournalEntry, answer: () => Answer): Answer {
    const answered = answer();
    this.#write('ask', { ...question, answer: answered });
    return answered;
  }

  askRare<Answer>(question: JournalEntry, usual: Answer, answer: () => Answer): Answer {
    const answered = answer();
    if (answered !== usual) this.#write('ask', { ...question, answer: answered });
    return answered;
  }

  #write(way: 'in' | 'out' | 'ask', entry: JournalEntry): void {
    const { plane, run, write } = this.#parts;
    const line = { at: this.#nowMs, plane, ...(run === undefined ? {} : { run }), way, ...entry };
    write(JSON.stringify(line), entry);
  }
}
