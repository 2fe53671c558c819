/**
 * What a caller's words, or keys, mean to the question that was asked. Rules only: what is not certain is `unclear`, and
 * the caller is asked again. Nothing here throws or runs long, whatever the text.
 */
import type { Flow } from '../flow.ts';
import type { AskNode, Question } from '../nodes/flow-node.ts';
import type { AnswerValue } from '../state.ts';
import type { AnswerReading } from './answer-reading.ts';
import { type Intent, type LanguageWords, languageWords } from './language-words.ts';
import { transcriptWords } from './normalize.ts';
import { isPhantom } from './phantom.ts';
import { readChoice } from './read-choice.ts';
import { readIntent } from './read-intent.ts';
import { readKeys } from './read-keys.ts';
import { readSpokenDigits } from './read-spoken-digits.ts';
import { readSpokenNumber } from './read-spoken-number.ts';
import { readYesNo } from './read-yes-no.ts';

/**
 * `by` digits: `text` is the keys that were pressed, with or without the ending `#`. Intents that the flow does not
 * recognize are `unclear`.
 */
export function readAnswer(
  flow: Pick<Flow, 'language' | 'intents'>,
  node: Pick<AskNode, 'question'>,
  text: string,
  by: 'speech' | 'digits',
): AnswerReading {
  const words = languageWords(flow.language);
  if (words === undefined) return { kind: 'unclear' };
  const reading = by === 'digits' ? readKeys(node.question, text) : readSpeech(words, node.question, text);
  return reading.kind === 'intent' && !isRecognized(flow, reading.intent) ? { kind: 'unclear' } : reading;
}

function isRecognized({ intents }: Pick<Flow, 'intents'>, intent: Intent): boolean {
  switch (intent) {
    case 'opt-out':
      return intents.optOut !== null;
    case 'operator':
      return intents.operator !== null;
    case 'repeat':
      return intents.repeat;
  }
}

/**
 * "Stop calling" is heard whatever else is said. Then a choice that is named outright, so that a flow may have a choice
 * "operator"; then the other intents; then the answer.
 */
function readSpeech(language: LanguageWords, question: Question, text: string): AnswerReading {
  const words = transcriptWords(text);
  if (words === null || words.length === 0) return { kind: 'unclear' };
  const intent = readIntent(language, words);
  if (intent === 'opt-out') return { kind: 'intent', intent };
  const isOwn = isOwnPhrase(question, words);
  if (intent !== null && !isOwn) return { kind: 'intent', intent };
  if (!isOwn && isPhantom(language, words, question)) return { kind: 'unclear' };
  const value = readValue(language, question, words);
  return value === null ? { kind: 'unclear' } : { kind: 'answer', value };
}

/** Whether the words are, one for one, a phrase that the flow's author gave for this question. */
function isOwnPhrase(question: Question, words: readonly string[]): boolean {
  const phrases =
    question.answer === 'choice'
      ? question.choices.flatMap((choice) => choice.phrases)
      : question.answer === 'yes-no'
        ? [...question.yes, ...question.no]
        : [];
  return phrases.some((phrase) => phrase.join(' ') === words.join(' '));
}

function readValue(
  language: LanguageWords,
  question: Question,
  words: readonly string[],
): AnswerValue | null {
  switch (question.answer) {
    case 'yes-no':
      return readYesNo(language, question, words);
    case 'choice':
      return readChoice(language, question, words);
    case 'number':
      return readSpokenNumber(language, question, words);
    case 'digits':
      return readSpokenDigits(language, question, words);
  }
}
