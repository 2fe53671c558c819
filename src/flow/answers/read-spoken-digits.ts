/** Digits said one by one, or written by the recognizer: "five five oh one two", "555-0123", "double seven". */
import type { Question } from '../nodes/flow-node.ts';
import type { LanguageWords } from './language-words.ts';

/** The digits, or null for unclear. "Fifty five" is refused: it may be 55 or 50 5. */
export function readSpokenDigits(
  language: LanguageWords,
  question: Question & { answer: 'digits' },
  words: readonly string[],
): string | null {
  let digits = '';
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const repeats = language.digits.repeats.get(word);
    const digit = digitsOf(language, repeats === undefined ? word : (words[at + 1] ?? ''));
    if (repeats !== undefined) {
      if (digit?.length !== 1) return null;
      digits += digit.repeat(repeats);
      at += 1;
      continue;
    }
    if (digit !== null) {
      digits += digit;
      continue;
    }
    const beside = language.digits.beside.matchAt(words, at);
    if (beside === null) return null;
    at = beside.to - 1;
  }
  return digits.length >= question.minLength && digits.length <= question.maxLength ? digits : null;
}

function digitsOf(language: LanguageWords, word: string): string | null {
  if (/^[0-9]+$/.test(word)) return word;
  const value = language.digits.words.get(word);
  return value === undefined ? null : String(value);
}
