/**
 * What one plane of a call takes in, asks of the world outside it, and gives to it, in its order. While a call is recorded
 * each is written down as it happens; in a replay the record gives what came in and what was answered, and what is given is
 * held against it. The planes' taps (`media/journaled-*.ts`, `call/journaled-*.ts`) are the same in both.
 *
 *     world --enter--> plane --tell--> world        `ask`: the world answers before the plane goes on
 *
 * A plane is a function of its inputs, the answers and the time, so time stands still while one input is served: whoever
 * reads `nowMs` within it, or in the promises that follow from it, reads the same.
 */

/** JSON, and small: audio goes in by its length and hash. */
export interface JournalEntry {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface Journal {
  /** When what is being served came in: ms since the stream opened, of this plane's own clock. */
  readonly nowMs: number;
  /** Something comes in, and `work` is what it sets off. Throws what `work` throws. */
  enter(input: JournalEntry, work: () => void): void;
  /** Something goes out. Other input may come in before this returns, where the world calls back. */
  tell(output: JournalEntry): void;
  /** Asks the world by `answer`, which gives JSON. */
  ask<Answer>(question: JournalEntry, answer: () => Answer): Answer;
  /** The same where the answer is almost always `usual`: only another one is written down. Number the questions of a kind. */
  askRare<Answer>(question: JournalEntry, usual: Answer, answer: () => Answer): Answer;
}
