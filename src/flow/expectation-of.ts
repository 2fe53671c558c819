/** What a question tells the recognizer and the keypad about its answers. */
import { languageWords } from './answers/language-words.ts';
import type { Expectation } from './expectation.ts';
import type { Flow } from './flow.ts';
import type { AskNode, Question } from './nodes/flow-node.ts';

export function expectationOf(flow: Flow, node: AskNode): Expectation {
  const { question } = node;
  return {
    kind: question.answer,
    language: flow.language,
    keywords: keywordsOf(flow, question),
    keypad: { ...entryOf(question), interDigitMs: node.interDigitMs },
  };
}

function keywordsOf(flow: Flow, question: Question): readonly string[] {
  switch (question.answer) {
    case 'yes-no':
      return languageWords(flow.language)?.keywords.yesNo ?? [];
    case 'choice':
      return question.choices.flatMap((choice) => choice.keywords);
    case 'number':
    case 'digits':
      return [];
  }
}

/**
 * A number may have one digit more than its largest: `#` then ends even the longest, and never falls into the next
 * question. Digits of a fixed length end by themselves; `read-answer.ts` takes a `#` pressed after them for "again".
 */
function entryOf(question: Question): { maxDigits: number; terminator: '#' | null } {
  switch (question.answer) {
    case 'yes-no':
    case 'choice':
      return { maxDigits: 1, terminator: null };
    case 'number':
      return {
        maxDigits: String(Math.trunc(Math.max(Math.abs(question.max), Math.abs(question.min)))).length + 1,
        terminator: '#',
      };
    case 'digits':
      return question.minLength === question.maxLength
        ? { maxDigits: question.maxLength, terminator: '#' }
        : { maxDigits: question.maxLength + 1, terminator: '#' };
  }
}
