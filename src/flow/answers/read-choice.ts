/** One of several named things. Two at once, a negation or a hedge beside one: unclear. */
import type { Question } from '../nodes/flow-node.ts';
import type { LanguageWords } from './language-words.ts';
import { PhraseTable } from './phrase-table.ts';

/** The name of the choice, or null for unclear. Other words around it are allowed. */
export function readChoice(
  language: LanguageWords,
  question: Question & { answer: 'choice' },
  words: readonly string[],
): string | null {
  const choices = new PhraseTable(
    question.choices.flatMap(({ name, phrases }) => phrases.map((phrase) => [phrase, name] as const)),
  );
  const named = new Set<string>();
  for (let at = 0; at < words.length; ) {
    const choice = choices.matchAt(words, at);
    if (choice !== null) {
      named.add(choice.meaning);
      at = choice.to;
      continue;
    }
    const sense = language.senses.matchAt(words, at);
    if (sense !== null && REFUSING.has(sense.meaning)) return null;
    at = at + 1;
  }
  if (named.size === 0) return saidKey(language, question, words);
  return named.size === 1 ? [...named][0]! : null;
}

const REFUSING: ReadonlySet<string> = new Set(['hedge', 'contrast', 'negator', 'no', 'weak no', 'question']);

/** "Two", said instead of pressed, and nothing else. */
function saidKey(
  language: LanguageWords,
  question: Question & { answer: 'choice' },
  words: readonly string[],
): string | null {
  const [word] = words;
  if (words.length !== 1 || word === undefined) return null;
  const digit = /^\d$/.test(word) ? word : String(language.numbers.units.get(word) ?? '');
  return Object.hasOwn(question.keypad, digit) ? question.keypad[digit]! : null;
}
