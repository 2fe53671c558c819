/**
 * Which prompts a worker's calls have asked the voice thread for. Every play names its prompt here first: a key that
 * is not known to be ready is asked for once, and the play waits for it in the media plane. One for each call worker.
 */
import { parseFormatName } from '../audio/audio-format.ts';
import type { PromptWanted } from '../channel/voice-messages.ts';
import { type PromptSource, promptKey } from './prompt.ts';

/** Prompts with a caller's own words in them come and go; the oldest key is forgotten, which costs asking again. */
const KEYS_MAX = 10_000;

export class PromptWants {
  readonly #ask: (wanted: PromptWanted) => void;
  readonly #askedKeys: Set<string>;

  /** `readyKeys` need no asking: the registry has them. */
  constructor(ask: (wanted: PromptWanted) => void, readyKeys: readonly string[]) {
    this.#ask = ask;
    this.#askedKeys = new Set(readyKeys);
  }

  /** The key to play `source` by, in the format named `formatName` (`mulaw-8000`); asks for it where that is needed. */
  want(source: PromptSource, formatName: string): string {
    const key = promptKey(source, parseFormatName(formatName));
    if (this.#askedKeys.has(key)) return key;
    if (this.#askedKeys.size >= KEYS_MAX) {
      const oldest = this.#askedKeys.values().next();
      if (oldest.done !== true) this.#askedKeys.delete(oldest.value);
    }
    this.#askedKeys.add(key);
    this.#ask({ kind: 'prompt.wanted', key, format: formatName, source });
    return key;
  }

  /** Its audio never came: the next play asks again. */
  forget(key: string): void {
    this.#askedKeys.delete(key);
  }
}
