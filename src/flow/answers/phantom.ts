/**
 * Texts that recognizers make of silence, noise or our own prompt. They are never an answer, even where they hold a
 * word that would be one.
 */
import type { Question } from '../nodes/flow-node.ts';
import type { LanguageWords } from './language-words.ts';

/** "No, no, no, no" is said by people; the same word seven times over is a recognizer in a loop. */
const WORD_REPEATS_MAX = 6;
/** Phrases are repeated less often: "I do, I do, I do". */
const PHRASE_REPEATS_MAX = 3;
const LOOP_WORDS_MAX = 12;

export function isPhantom(language: LanguageWords, words: readonly string[], question: Question): boolean {
  const { whole, within } = language.phantoms;
  if (within.findAll(words).length > 0) return true;
  const covered = whole.findAll(words).reduce((count, match) => count + match.to - match.from, 0);
  if (covered === words.length) return true;
  // Digits may well repeat.
  return question.answer !== 'digits' && isLoop(words);
}

/** Whether the words are one unit over and over; the last one may be cut short. */
function isLoop(words: readonly string[]): boolean {
  for (let length = 1; length <= Math.min(LOOP_WORDS_MAX, words.length / 2); length++) {
    const repeats = words.length / length;
    if (repeats <= (length === 1 ? WORD_REPEATS_MAX : PHRASE_REPEATS_MAX)) continue;
    if (words.every((word, index) => index < length || word === words[index - length])) return true;
  }
  return false;
}
