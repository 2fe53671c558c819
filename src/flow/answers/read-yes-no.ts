/**
 * Yes or no, by rule. An answer is taken when it begins with a yes or a no, fillers aside, and nothing in it speaks
 * against that:
 *
 * - both a yes and a no ("yes... well no", "no, I mean yes"): unclear;
 * - a hedge ("maybe", "I think so", "it depends"), a contrast ("yes, but"), a question back: unclear;
 * - a yes beside a negation ("yes I don't"): unclear; a no beside one ("no, I don't smoke") agrees with itself;
 * - other words after "yes" or "no" are its reasons, up to a dozen; after a weak word ("okay", "I have") they make it
 *   something else ("okay, so what is this about", "I have a question"): unclear;
 * - other words before it ("they told me yes"): unclear.
 */
import type { Question } from '../nodes/flow-node.ts';
import type { LanguageWords, YesNoSense } from './language-words.ts';
import { PhraseTable } from './phrase-table.ts';

type Sense = YesNoSense | 'other';

const OTHER_WORDS_MAX = 12;

/** True, false, or null for unclear. */
export function readYesNo(
  language: LanguageWords,
  question: Question & { answer: 'yes-no' },
  words: readonly string[],
): boolean | null {
  const senses = sensesOf(language, question, words).filter((sense) => sense !== 'filler');
  const [first] = senses;
  const answer =
    first === 'yes' || first === 'weak yes' ? true : first === 'no' || first === 'weak no' ? false : null;
  if (answer === null) return null;
  const has = (...wanted: readonly Sense[]) => senses.some((sense) => wanted.includes(sense));
  if (has('hedge', 'contrast', 'question')) return null;
  if (answer ? has('no', 'weak no', 'negator') : has('yes', 'weak yes')) return null;
  const others = senses.filter((sense) => sense === 'other').length;
  if (others > 0 && (first === 'weak yes' || first === 'weak no')) return null;
  return others > OTHER_WORDS_MAX ? null : answer;
}

/** One sense for each phrase, in order; a word that is in no list is `other`. The question's own phrases come first. */
function sensesOf(
  language: LanguageWords,
  question: Question & { answer: 'yes-no' },
  words: readonly string[],
): Sense[] {
  const own = new PhraseTable<YesNoSense>([
    ...question.yes.map((phrase) => [phrase, 'yes'] as const),
    ...question.no.map((phrase) => [phrase, 'no'] as const),
  ]);
  const senses: Sense[] = [];
  for (let at = 0; at < words.length; ) {
    const match = own.matchAt(words, at) ?? language.senses.matchAt(words, at);
    senses.push(match?.meaning ?? 'other');
    at = match?.to ?? at + 1;
  }
  return senses;
}
