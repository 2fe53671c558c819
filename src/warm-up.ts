/**
 * The prompts that every call needs, until each has been made once: the server is warm then. A flow that cannot be spoken
 * must stop the start. Part of the composition root.
 */
import type { PromptWanted } from './channel/voice-messages.ts';
import { ConfigError } from './errors.ts';
import type { PromptRegistry } from './media/prompt-registry.ts';

/** Prompts made of those that every call needs. */
export interface WarmUpProgress {
  readonly ready: number;
  readonly wanted: number;
}

export class WarmUp {
  readonly done: Promise<void>;
  readonly #wanted: ReadonlyMap<string, PromptWanted>;
  readonly #made = new Set<string>();
  readonly #registry: PromptRegistry;
  readonly #onProgress: (progress: WarmUpProgress) => void;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(
    wanted: ReadonlyMap<string, PromptWanted>,
    registry: PromptRegistry,
    onProgress: (progress: WarmUpProgress) => void = () => {},
  ) {
    this.#wanted = wanted;
    this.#registry = registry;
    this.#onProgress = onProgress;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => {});
  }

  get isDone(): boolean {
    return this.#made.size === this.#wanted.size;
  }

  begin(want: (wanted: PromptWanted) => void): void {
    for (const wanted of this.#wanted.values()) {
      this.#registry.fix(wanted.key);
      want(wanted);
    }
  }

  made(key: string): void {
    if (!this.#wanted.has(key) || this.#made.has(key)) return;
    this.#made.add(key);
    this.#onProgress({ ready: this.#made.size, wanted: this.#wanted.size });
    if (this.isDone) this.#resolve();
  }

  failed(key: string, message: string): void {
    const source = this.#wanted.get(key)?.source;
    if (source === undefined || this.#made.has(key)) return;
    const what = source.kind === 'audio' ? source.path : `"${source.text}"`;
    this.#reject(
      new ConfigError(`FLOW: expected a prompt that can be made of ${what}, received: ${message}`),
    );
  }

  madeKeys(): readonly string[] {
    return [...this.#made];
  }
}
