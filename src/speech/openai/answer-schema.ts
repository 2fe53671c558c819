/**
 * What a model may say about one question, as a JSON schema that it cannot leave ("structured outputs", strict), and the
 * reading of what it said. One of the question's answers or none: there is no third.
 */
import type { AskedQuestion } from '../understanding.ts';

export interface AnswerSchema {
  readonly [keyword: string]: unknown;
}

/** The schema's pattern and ours; longer than anything that a caller keys in. */
const DIGITS = '^[0-9]{1,32}$';
const DECIMAL = /^-?\d+(\.\d+)?$/;
const UNCLEAR = 'unclear';

/** Of `{"answer": ...}`. */
export function answerSchema(question: AskedQuestion): AnswerSchema {
  return {
    type: 'object',
    properties: { answer: answerTypes(question) },
    required: ['answer'],
    additionalProperties: false,
  };
}

/** Null for unclear, and for whatever is not the schema's: not every server keeps it. */
export function readModelAnswer(question: AskedQuestion, content: string): string | null {
  const answer = answerIn(content);
  switch (question.kind) {
    case 'yes-no':
    case 'choice':
      // Also where a choice is itself named so: what may mean two things is unclear.
      if (answer === UNCLEAR) return null;
      return typeof answer === 'string' && namesOf(question).includes(answer) ? answer : null;
    case 'number': {
      // Very large and very small ones are written with an exponent, and no answer.
      const text = typeof answer === 'number' ? String(answer) : '';
      return DECIMAL.test(text) ? text : null;
    }
    case 'digits':
      return typeof answer === 'string' && new RegExp(DIGITS).test(answer) ? answer : null;
  }
}

function answerTypes(question: AskedQuestion): AnswerSchema {
  switch (question.kind) {
    case 'yes-no':
    case 'choice': {
      const names = namesOf(question);
      return { type: 'string', enum: names.includes(UNCLEAR) ? names : [...names, UNCLEAR] };
    }
    case 'number':
      return { type: ['number', 'null'] };
    case 'digits':
      return { type: ['string', 'null'], pattern: DIGITS };
  }
}

function namesOf(question: AskedQuestion): string[] {
  return question.kind === 'choice' ? question.choices.map((choice) => choice.name) : ['yes', 'no'];
}

function answerIn(content: string): unknown {
  try {
    const parsed: unknown = JSON.parse(content);
    return typeof parsed === 'object' && parsed !== null ? (parsed as { answer?: unknown }).answer : null;
  } catch {
    return null;
  }
}
