/** What pressed keys mean to a question. */
import type { Question } from '../nodes/flow-node.ts';
import type { AnswerReading } from './answer-reading.ts';

const KEYS_MAX = 40;
const UNCLEAR: AnswerReading = { kind: 'unclear' };

/**
 * `keys` is what was pressed, the ending `#` included or not. A `*`, or a `#` with nothing before it, asks for the
 * question again, unless the question gives that key a meaning: `#` is what falls in from the question before.
 */
export function readKeys(question: Question, keys: string): AnswerReading {
  if (keys.length > KEYS_MAX || !/^[0-9*#A-D]+$/.test(keys)) return UNCLEAR;
  if (question.answer === 'yes-no' || question.answer === 'choice') {
    for (const key of [keys, keys.replace(/#$/, '')]) {
      if (Object.hasOwn(question.keypad, key)) return { kind: 'answer', value: question.keypad[key]! };
    }
  }
  if (keys === '*' || keys === '#') return { kind: 'intent', intent: 'repeat' };
  const digits = keys.replace(/#$/, '');
  if (!/^\d+$/.test(digits)) return UNCLEAR;
  switch (question.answer) {
    case 'number': {
      const value = Number(digits);
      return value >= question.min && value <= question.max ? { kind: 'answer', value } : UNCLEAR;
    }
    case 'digits': {
      const fits = digits.length >= question.minLength && digits.length <= question.maxLength;
      return fits ? { kind: 'answer', value: digits } : UNCLEAR;
    }
    default:
      return UNCLEAR;
  }
}
