/** The prompts that one stream played, by names within its record: each goes into it once, whole, before its first play. I/O thread. */
import { formatName } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import type { AudioLine } from '../journal/record-line.ts';
import type { AudioNames } from '../media/journaled-prompts.ts';

export class JournalAudio implements AudioNames {
  readonly #write: (line: AudioLine) => void;
  readonly #names = new Map<ReadyPrompt, string>();
  readonly #prompts = new Map<string, ReadyPrompt>();

  constructor(write: (line: AudioLine) => void) {
    this.#write = write;
  }

  /** A prompt that took the place of another under the same key has a name of its own. */
  nameOf(prompt: ReadyPrompt): string {
    const known = this.#names.get(prompt);
    if (known !== undefined) return known;
    const name = `a${this.#names.size + 1}`;
    this.#names.set(prompt, name);
    this.#prompts.set(name, prompt);
    const { audioBytes, durationMs, format, key, levels, wire } = prompt;
    this.#write({
      audio: name,
      key,
      format: formatName(format),
      wire: Buffer.from(wire).toString('latin1'),
      audioBytes,
      durationMs,
      levels: Buffer.from(levels).toString('base64'),
    });
    return name;
  }

  audioOf(name: string): ReadyPrompt | undefined {
    return this.#prompts.get(name);
  }
}
