/**
 * Replies that a call waits for (of the store, a recognizer, an understanding), through its journal. Each is let in by
 * itself, at most a turn of the loop late: what follows from it has run before anything else comes in, so that a record of
 * their order is all that a replay needs. Call worker.
 */
import { type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { Journal, JournalEntry } from '../journal/journal.ts';

export interface Reply extends JournalEntry {
  readonly number: number;
  readonly value?: unknown;
  readonly error?: ErrorRecord;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (thrown: unknown) => void;
}

export class JournaledReplies {
  readonly #journal: Journal;
  readonly #waiting = new Map<string, Waiting>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** What `ask` resolves or rejects with, as the reply `number` of this kind. `about`: further fields, for people. */
  of<Value>(
    kind: string,
    number: number,
    ask: () => Promise<Value>,
    about: () => Readonly<Record<string, unknown>> = () => ({}),
  ): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    this.#waiting.set(nameOf(kind, number), { resolve: resolve as (value: unknown) => void, reject });
    const letIn = (reply: Reply, thrown?: unknown): void => {
      setImmediate(() => this.take({ ...reply, ...about() }, thrown));
    };
    new Promise<Value>((settle) => {
      settle(ask());
    }).then(
      (value) => letIn({ kind, number, value }),
      (thrown: unknown) => letIn({ kind, number, error: toErrorRecord(thrown) }, thrown),
    );
    return promise;
  }

  /** Whether somebody waits for it. */
  awaits(kind: string, number: number): boolean {
    return this.#waiting.has(nameOf(kind, number));
  }

  /** The reply has come. `thrown`: what it was rejected with, where it is still known. */
  take(reply: Reply, thrown?: unknown): void {
    const name = nameOf(reply.kind, reply.number);
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) return;
    this.#waiting.delete(name);
    this.#journal.enter(reply, () => {
      if (reply.error === undefined) waiting.resolve(reply.value);
      else waiting.reject(thrown ?? toThrown(reply.error));
    });
  }
}

/** Of what a record keeps of an error, the error. */
export function toThrown({ code, message, name }: ErrorRecord): Error {
  return Object.assign(new Error(message), { name, code });
}

function nameOf(kind: string, number: number): string {
  return `${kind} ${number}`;
}
