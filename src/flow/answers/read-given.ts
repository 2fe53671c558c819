/**
 * An answer that something other than the rules has read, in the plain form that it gives: checked against the question,
 * since nothing that it says is to be trusted.
 */
import type { Question } from '../nodes/flow-node.ts';
import type { AnswerValue } from '../state.ts';

const PLAIN_NUMBER = /^-?\d{1,12}(\.\d{1,6})?$/;

/** `yes` or `no`, a choice's name, a number in digits, digits. Null for what the question cannot be answered with. */
export function readGiven(question: Question, given: string): AnswerValue | null {
  switch (question.answer) {
    case 'yes-no':
      return given === 'yes' ? true : given === 'no' ? false : null;
    case 'choice':
      return question.choices.some(({ name }) => name === given) ? given : null;
    case 'number': {
      if (!PLAIN_NUMBER.test(given)) return null;
      const value = Number(given);
      const fits = value >= question.min && value <= question.max;
      return fits && (question.decimals || Number.isInteger(value)) ? value : null;
    }
    case 'digits': {
      const fits = given.length >= question.minLength && given.length <= question.maxLength;
      return fits && /^\d+$/.test(given) ? given : null;
    }
  }
}
