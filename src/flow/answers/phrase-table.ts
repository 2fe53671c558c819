/** Phrases with what they mean, found in a list of words: at each place the longest. */

export interface PhraseMatch<Meaning> {
  readonly meaning: Meaning;
  /** First word of the match and the one after its last. */
  readonly from: number;
  readonly to: number;
}

interface Entry<Meaning> {
  readonly words: readonly string[];
  readonly meaning: Meaning;
}

export class PhraseTable<Meaning> {
  readonly #byFirstWord = new Map<string, Entry<Meaning>[]>();

  /** Where two entries have the same words, the first stands. */
  constructor(entries: Iterable<readonly [words: readonly string[], meaning: Meaning]>) {
    for (const [words, meaning] of entries) {
      const [first] = words;
      if (first === undefined) continue;
      const known = this.#byFirstWord.get(first);
      if (known === undefined) this.#byFirstWord.set(first, [{ words, meaning }]);
      else known.push({ words, meaning });
    }
    for (const known of this.#byFirstWord.values()) known.sort((a, b) => b.words.length - a.words.length);
  }

  /** The longest phrase that begins at `words[from]`, or null. */
  matchAt(words: readonly string[], from: number): PhraseMatch<Meaning> | null {
    for (const entry of this.#byFirstWord.get(words[from] ?? '') ?? []) {
      if (entry.words.every((word, index) => words[from + index] === word)) {
        return { meaning: entry.meaning, from, to: from + entry.words.length };
      }
    }
    return null;
  }

  /** Every match from left to right, none overlapping another. */
  findAll(words: readonly string[]): PhraseMatch<Meaning>[] {
    const matches: PhraseMatch<Meaning>[] = [];
    for (let at = 0; at < words.length; ) {
      const match = this.matchAt(words, at);
      if (match !== null) matches.push(match);
      at = match?.to ?? at + 1;
    }
    return matches;
  }

  /** What the whole list of words means, or null. */
  matchWhole(words: readonly string[]): Meaning | null {
    const match = this.matchAt(words, 0);
    return match !== null && match.to === words.length ? match.meaning : null;
  }
}
