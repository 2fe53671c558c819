import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkExpression, type NameType } from '../../../src/flow/expression/check-expression.ts';
import { holds } from '../../../src/flow/expression/expression.ts';
import { parseExpression } from '../../../src/flow/expression/parse-expression.ts';
import type { AnswerValue } from '../../../src/flow/state.ts';

const values = new Map<string, AnswerValue>([
  ['age', 42],
  ['smoker', false],
  ['willing', true],
  ['slot', 'morning'],
  ['pin', '0012'],
]);

const types = new Map<string, NameType>([
  ['age', { kind: 'number' }],
  ['later', { kind: 'number' }],
  ['smoker', { kind: 'boolean' }],
  ['willing', { kind: 'boolean' }],
  ['pin', { kind: 'string' }],
  ['slot', { kind: 'choice', choices: ['morning', 'evening'] }],
]);

function parsed(text: string) {
  const result = parseExpression(text);
  if (!result.ok) throw new Error(result.message);
  return result.expression;
}

describe('a condition', () => {
  it.each([
    ['age < 18', false],
    ['age >= 18', true],
    ['age >= 18 and age <= 75', true],
    ['age == 42', true],
    ['age != 42', false],
    ['42 > age', false],
    ['age > -5', true],
    ['age < 42.5', true],
    ['willing', true],
    ['not willing', false],
    ['not not willing', true],
    ['smoker == no', true],
    ['smoker == yes or willing == yes', true],
    ['willing and not smoker', true],
    ['yes or no and no', true],
    ['(yes or no) and no', false],
    ['not smoker and smoker', false],
    ['not (smoker and smoker)', true],
    ['slot == "morning"', true],
    ["slot != 'morning'", false],
    ['pin == "0012"', true],
    ['later > 1', false],
    ['later != 1', false],
    ['not (later > 1)', true],
    ['later', false],
  ])('%j is %j', (text, expected) => {
    expect(holds(parsed(text), (name) => values.get(name))).toBe(expected);
  });

  it.each([
    ['age = 18', 'as "==" for equality'],
    ['age <', 'received the end'],
    ['(age < 18', 'Expected ")"'],
    ['age < 18)', 'received ")"'],
    ['age 18', 'Expected "and", "or" or the end'],
    ['and age', 'received "and"'],
    ['', 'received the end'],
    ['age + 1 < 3', 'received "+'],
    ['age < 18 < 20', 'received "<"'],
    ['process.exit()', 'received ".exit'],
    ['"open', 'received'],
    ['18years < 3', 'received'],
    ['x'.repeat(501), 'at most 500'],
    ['not '.repeat(121), 'at most 120'],
  ])('%j is refused: %s', (text, message) => {
    expect(parseExpression(text)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });

  it.each([
    ['agee < 18', 'did you mean "age"?'],
    ['age', 'Expected a condition that is true or false'],
    ['slot', 'compare it'],
    ['slot == morning', 'Expected "morning" in quotes'],
    ['slot == "mourning"', 'Expected one of morning, evening, received "mourning"'],
    ['age == "42"', 'Expected two values of one kind'],
    ['smoker < 3', 'Expected numbers on both sides'],
    ['willing and (nothing == 1 or smoker)', 'received "nothing"'],
    ['__proto__ == 1', ''],
  ])('%j is found wrong: %s', (text, message) => {
    const result = parseExpression(text);
    const found = result.ok ? checkExpression(result.expression, types) : [result.message];
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('is parsed or refused, never more, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (text) => {
        const result = parseExpression(text);
        if (result.ok) holds(result.expression, () => undefined);
        else expect(result.message).not.toBe('');
      }),
    );
  });
});
