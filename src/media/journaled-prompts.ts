/**
 * The prompts of one stream, through its journal: what was there when it was asked for, and the news of what it waits for.
 * The journal has a prompt's audio by a name of its own; whoever keeps the audio gives the name. I/O thread.
 */
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import type { Journal } from '../journal/journal.ts';
import type { PromptShelf, PromptWaiter } from './prompt-registry.ts';

export interface AudioNames {
  nameOf(prompt: ReadyPrompt): string;
  audioOf(name: string): ReadyPrompt | undefined;
}

export class JournaledPrompts implements PromptShelf {
  readonly #journal: Journal;
  readonly #registry: PromptShelf;
  readonly #names: AudioNames;
  readonly #waiters = new Map<PromptWaiter, PromptWaiter>();

  constructor(journal: Journal, registry: PromptShelf, names: AudioNames) {
    this.#journal = journal;
    this.#registry = registry;
    this.#names = names;
  }

  acquire(key: string): ReadyPrompt | undefined {
    const name = this.#journal.ask({ kind: 'prompt', key }, () => {
      const prompt = this.#registry.acquire(key);
      return prompt === undefined ? null : this.#names.nameOf(prompt);
    });
    return name === null ? undefined : this.#names.audioOf(name);
  }

  release(key: string): void {
    this.#registry.release(key);
  }

  has(key: string): boolean {
    return this.#journal.ask({ kind: 'prompt.here', key }, () => this.#registry.has(key));
  }

  wait(key: string, waiter: PromptWaiter): boolean {
    const journaled = this.#journaled(waiter);
    return this.#journal.ask({ kind: 'prompt.wait', key }, () => this.#registry.wait(key, journaled));
  }

  stopWaiting(key: string, waiter: PromptWaiter): void {
    this.#registry.stopWaiting(key, this.#journaled(waiter));
  }

  /** What the registry tells who waits. */
  came(key: string): void {
    for (const waiter of this.#waiters.values()) waiter.promptReady(key);
  }

  failed(key: string): void {
    for (const waiter of this.#waiters.values()) waiter.promptFailed(key);
  }

  #journaled(waiter: PromptWaiter): PromptWaiter {
    let journaled = this.#waiters.get(waiter);
    if (journaled === undefined) {
      const journal = this.#journal;
      journaled = {
        promptReady: (key) => journal.enter({ kind: 'prompt.ready', key }, () => waiter.promptReady(key)),
        promptFailed: (key) => journal.enter({ kind: 'prompt.failed', key }, () => waiter.promptFailed(key)),
      };
      this.#waiters.set(waiter, journaled);
    }
    return journaled;
  }
}
