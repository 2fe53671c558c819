/**
 * Which prompts a worker's calls ask for. Every play names its prompt here first: one that is fixed in the registry needs
 * no asking; any other is asked for with each play, since the registry may have dropped it, and whoever takes the asking
 * knows what is there or owed already. The play waits for it in the media plane. One for each call worker.
 */
import { parseFormatName } from '../audio/audio-format.ts';
import type { PromptWanted } from '../channel/voice-messages.ts';
import { type PromptSource, promptKey } from './prompt.ts';

export class PromptWants {
  readonly #ask: (wanted: PromptWanted) => void;
  readonly #fixedKeys: ReadonlySet<string>;

  /** `fixedKeys`: the registry has them, and never drops them. */
  constructor(ask: (wanted: PromptWanted) => void, fixedKeys: readonly string[]) {
    this.#ask = ask;
    this.#fixedKeys = new Set(fixedKeys);
  }

  /** The key to play `source` by, in the format named `formatName` (`mulaw-8000`); asks for it unless it is fixed. */
  want(source: PromptSource, formatName: string): string {
    const key = promptKey(source, parseFormatName(formatName));
    if (!this.#fixedKeys.has(key))
      this.#ask({ kind: 'prompt.wanted', key, format: formatName, source, isUrgent: true });
    return key;
  }
}
