/**
 * From a wanted prompt to a ready one, with as little work as possible: one making a key however many ask at once, and
 * the disk before the synthesizer. It keeps no prompt in memory: the registry on the I/O thread does. Voice thread.
 */
import type { AudioFormat } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import type { Log } from '../log.ts';
import type { PromptSource } from './prompt.ts';
import type { PromptFiles } from './prompt-files.ts';

/** What this file needs of the prompt maker. */
export interface Making {
  make(key: string, source: PromptSource, format: AudioFormat): Promise<ReadyPrompt>;
}

export class PromptCache {
  readonly #maker: Making;
  readonly #files: PromptFiles | null;
  readonly #log: Log;
  readonly #inFlight = new Map<string, Promise<ReadyPrompt>>();
  #saveHasFailed = false;

  /** Without `files` nothing outlives the process: the folder could not be opened. */
  constructor(maker: Making, files: PromptFiles | null, log: Log) {
    this.#maker = maker;
    this.#files = files;
    this.#log = log;
  }

  /** Rejects as the maker does; a failure is not kept, so that the next asking tries again. */
  get(key: string, source: PromptSource, format: AudioFormat): Promise<ReadyPrompt> {
    const pending = this.#inFlight.get(key);
    if (pending !== undefined) return pending;
    const ready = this.#find(key, source, format).finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, ready);
    return ready;
  }

  async #find(key: string, source: PromptSource, format: AudioFormat): Promise<ReadyPrompt> {
    // A key of recorded audio names the path, not the sound: the file may have been changed, and it converts at once.
    const files = source.kind === 'text' ? this.#files : null;
    const kept = await files?.load(key, format);
    if (kept !== null && kept !== undefined) return kept;
    const made = await this.#maker.make(key, source, format);
    files?.save(made).catch((err: unknown) => {
      if (this.#saveHasFailed) return;
      this.#saveHasFailed = true;
      this.#log.warn(
        { event: 'prompt.not-kept', err },
        'prompts cannot be kept on disk; each start makes them anew',
      );
    });
    return made;
  }
}
