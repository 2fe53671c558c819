/** What a caller may say at any question, whatever was asked. */
import type { Intent, LanguageWords } from './language-words.ts';

/** Longer speech that happens to hold such a phrase is a story, not a wish; opt-out is heard in a story too. */
const WORDS_MAX = 25;

/** The intent, opt-out before the others, or null. */
export function readIntent(language: LanguageWords, words: readonly string[]): Intent | null {
  const bare = withoutFillers(language, words);
  const found = [language.intents.whole.matchWhole(words), language.intents.whole.matchWhole(bare)].filter(
    (intent) => intent !== null,
  );
  found.push(...language.intents.within.findAll(words).map((match) => match.meaning));
  if (found.includes('opt-out')) return 'opt-out';
  return words.length > WORDS_MAX ? null : (found[0] ?? null);
}

function withoutFillers(language: LanguageWords, words: readonly string[]): string[] {
  const bare: string[] = [];
  for (let at = 0; at < words.length; ) {
    const match = language.senses.matchAt(words, at);
    if (match?.meaning !== 'filler') bare.push(words[at]!);
    at = match?.meaning === 'filler' ? match.to : at + 1;
  }
  return bare;
}
