/** Types of a condition, checked at load: unknown names, and comparisons that could never hold. */

import { nearestName } from '../../nearest-name.ts';
import type { Expression, Operand } from './expression.ts';

/** What a name can hold. A choice's answers are listed, so that a misspelt one is found. */
export type NameType =
  | { readonly kind: 'boolean' | 'number' | 'string' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

export type NameTypes = ReadonlyMap<string, NameType>;

/** What is wrong, one sentence each; empty when nothing is. */
export function checkExpression(expression: Expression, names: NameTypes): string[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return [...checkExpression(expression.left, names), ...checkExpression(expression.right, names)];
    case 'not':
      return checkExpression(expression.of, names);
    case 'compare':
      return checkComparison(expression, names);
    case 'name':
    case 'value': {
      const type = typeOf(expression, names);
      if (typeof type === 'string') return [type];
      if (type.kind === 'boolean') return [];
      return [`Expected a condition that is true or false, received ${show(expression)} alone; compare it`];
    }
  }
}

function checkComparison(expression: Expression & { kind: 'compare' }, names: NameTypes): string[] {
  const left = typeOf(expression.left, names);
  const right = typeOf(expression.right, names);
  if (typeof left === 'string' || typeof right === 'string') {
    return [left, right].filter((problem) => typeof problem === 'string');
  }
  const ordered = expression.operator !== '==' && expression.operator !== '!=';
  if (ordered && (left.kind !== 'number' || right.kind !== 'number')) {
    return [`Expected numbers on both sides of "${expression.operator}"`];
  }
  if (broad(left) !== broad(right)) {
    return [
      `Expected two values of one kind, received ${show(expression.left)} (${broad(left)}) ` +
        `${expression.operator} ${show(expression.right)} (${broad(right)})`,
    ];
  }
  return [...checkChoice(left, expression.right), ...checkChoice(right, expression.left)];
}

function checkChoice(type: NameType, other: Operand): string[] {
  if (type.kind !== 'choice' || other.kind !== 'value' || type.choices.includes(String(other.value)))
    return [];
  return [`Expected one of ${type.choices.join(', ')}, received ${JSON.stringify(other.value)}`];
}

function typeOf(operand: Operand, names: NameTypes): NameType | string {
  if (operand.kind === 'value') return { kind: typeof operand.value as 'boolean' | 'number' | 'string' };
  const type = names.get(operand.name);
  if (type !== undefined) return type;
  const near = nearestName(operand.name, names.keys());
  const isChoice = [...names.values()].some(
    (known) => known.kind === 'choice' && known.choices.includes(operand.name),
  );
  if (isChoice) return `Expected "${operand.name}" in quotes: it is a choice, not a name`;
  return `Expected a variable or the name of an ask node, received "${operand.name}"${near === null ? '' : `; did you mean "${near}"?`}`;
}

function broad(type: NameType): string {
  return type.kind === 'choice' ? 'string' : type.kind;
}

function show(operand: Operand): string {
  return operand.kind === 'name' ? operand.name : JSON.stringify(operand.value);
}
