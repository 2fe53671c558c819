/**
 * The conditions of a flow (`when: age < 18 and not smoker`) as frozen data, and their value. A small total language:
 * no calls, no arithmetic, no loops, so no author and no caller can make it run long or reach anything.
 *
 * A name without a value yet (a question not asked on this way) makes its comparison, or itself, false; `not` of that
 * is true.
 */
import type { AnswerValue } from '../state.ts';

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

export type Operand =
  | { readonly kind: 'value'; readonly value: AnswerValue }
  | { readonly kind: 'name'; readonly name: string };

export type Expression =
  | Operand
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly of: Expression };

/** Whether the condition holds. */
export function holds(expression: Expression, lookUp: (name: string) => AnswerValue | undefined): boolean {
  switch (expression.kind) {
    case 'value':
      return expression.value === true;
    case 'name':
      return lookUp(expression.name) === true;
    case 'not':
      return !holds(expression.of, lookUp);
    case 'and':
      return holds(expression.left, lookUp) && holds(expression.right, lookUp);
    case 'or':
      return holds(expression.left, lookUp) || holds(expression.right, lookUp);
    case 'compare': {
      const left = operandValue(expression.left, lookUp);
      const right = operandValue(expression.right, lookUp);
      if (left === undefined || right === undefined) return false;
      return compare(expression.operator, left, right);
    }
  }
}

function operandValue(
  operand: Operand,
  lookUp: (name: string) => AnswerValue | undefined,
): AnswerValue | undefined {
  return operand.kind === 'value' ? operand.value : lookUp(operand.name);
}

/** Order is for numbers only; of anything else it is false. */
function compare(operator: Comparison, left: AnswerValue, right: AnswerValue): boolean {
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left !== 'number' || typeof right !== 'number') return false;
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
