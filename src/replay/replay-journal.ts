/**
 * The journal of one plane of a call that is replayed: its lines of the record, in their order. What the plane takes in must
 * be what came in then, what it asks is answered as it was, and what it gives must be what it gave. After the first
 * difference nothing is compared any more: whoever drives the replay stops.
 */
import type { Journal, JournalEntry } from '../journal/journal.ts';
import { differenceIn, entryOf, type FirstDifference } from './difference.ts';
import type { NumberedLine } from './read-record.ts';

export interface ReplayJournalParts {
  readonly plane: 'media' | 'call';
  readonly lines: readonly NumberedLine[];
  /** The lines are all there are; else they broke off, and what comes after them is not known. */
  readonly isWhole: boolean;
  readonly difference: FirstDifference;
  /** Has something come in that came in while an output was told. */
  readonly perform: (line: NumberedLine) => void;
  /** An output that is the same as in the record. */
  readonly onTold: (output: JournalEntry, atMs: number) => void;
}

export class ReplayJournal implements Journal {
  readonly #parts: ReplayJournalParts;
  #next = 0;
  #nowMs = 0;

  constructor(parts: ReplayJournalParts) {
    this.#parts = parts;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** The line that is to be next; undefined: none is left. */
  get next(): NumberedLine | undefined {
    return this.#parts.lines[this.#next];
  }

  enter(input: JournalEntry, work: () => void): void {
    const line = this.next;
    if (line === undefined || !this.#isSame(line, 'in', input)) return;
    if (line.within !== true) this.#nowMs = line.at;
    this.#next++;
    work();
  }

  tell(output: JournalEntry): void {
    const line = this.next;
    if (this.#isOver || (line === undefined && !this.#parts.isWhole)) return;
    if (!this.#isSame(line, 'out', output)) return;
    this.#next++;
    this.#parts.onTold(output, this.#nowMs);
    for (let inner = this.next; inner?.within === true; inner = this.next) {
      const before = this.#next;
      this.#parts.perform(inner);
      if (this.#next === before) return;
    }
  }

  ask<Answer>(question: JournalEntry, answer: () => Answer): Answer {
    const line = this.next;
    if (this.#isOver || (line === undefined && !this.#parts.isWhole)) return answer();
    if (!this.#isSame(line, 'ask', question)) return answer();
    this.#next++;
    return line!.answer as Answer;
  }

  askRare<Answer>(question: JournalEntry, usual: Answer, _answer: () => Answer): Answer {
    const line = this.next;
    const isMeant =
      line?.way === 'ask' && line.kind === question.kind && line['number'] === question['number'];
    if (!isMeant) return usual;
    this.#next++;
    return line.answer as Answer;
  }

  get #isOver(): boolean {
    return this.#parts.difference.found !== null;
  }

  /** False, and it is told, if the line is another. */
  #isSame(line: NumberedLine | undefined, way: 'in' | 'out' | 'ask', entry: JournalEntry): boolean {
    if (this.#isOver) return false;
    // As the record has it: without what JSON leaves out.
    const got = JSON.parse(JSON.stringify(entry)) as JournalEntry;
    const place = { line: line?.line ?? null, atMs: line?.at ?? this.#nowMs, plane: this.#parts.plane };
    const { difference } = this.#parts;
    if (line === undefined) {
      difference.tell({ ...place, path: '', expected: null, got });
      return false;
    }
    const { answer: _answer, ...expected } = entryOf(line);
    if (line.way !== way || line.kind !== entry.kind) {
      difference.tell({ ...place, path: '', expected, got });
      return false;
    }
    const differs = differenceIn(expected, got);
    if (differs !== null) difference.tell({ ...place, ...differs });
    return differs === null;
  }
}
