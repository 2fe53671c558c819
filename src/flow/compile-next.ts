/** The three ways to write `next` as one: ordered rules, the last of which always holds. */
import type { Compilation } from './compile-flow.ts';
import { parseExpression } from './expression/parse-expression.ts';
import type { NextRule } from './nodes/flow-node.ts';
import type { FileNode } from './schema/flow-file.ts';
import type { Path } from './schema/yaml-source.ts';

type NodeWithNext = Extract<FileNode, { kind: 'say' | 'record' | 'ask' }>;

export function compileNext(id: string, node: NodeWithNext, to: Compilation): NextRule[] {
  const path: Path = ['nodes', id, 'next'];
  const { next } = node;
  if (typeof next === 'string') return [{ when: null, goto: next }];
  if (Array.isArray(next)) return compileRules(next, path, to);
  return compileMap(id, node, next, path, to);
}

function compileRules(
  rules: readonly { readonly when?: string | undefined; readonly goto: string }[],
  path: Path,
  to: Compilation,
): NextRule[] {
  return rules.map((rule, index) => {
    const isLast = index === rules.length - 1;
    if (isLast && rule.when !== undefined) {
      to.refuse(
        [...path, index, 'when'],
        'Expected the last rule without a condition, so that there is always a way on',
      );
    }
    if (rule.when === undefined) {
      if (!isLast) to.refuse([...path, index], 'Expected a condition (when:) in every rule but the last');
      return { when: null, goto: rule.goto };
    }
    const parsed = parseExpression(rule.when);
    if (parsed.ok) return { when: parsed.expression, goto: rule.goto };
    to.refuse([...path, index, 'when'], parsed.message);
    return { when: null, goto: rule.goto };
  });
}

/** A map must name every answer: an answer with no way on would be found by a caller. */
function compileMap(
  id: string,
  node: NodeWithNext,
  next: Readonly<Record<string, string>>,
  path: Path,
  to: Compilation,
): NextRule[] {
  const answers: readonly string[] =
    node.kind !== 'ask'
      ? []
      : node.answer === 'yes-no'
        ? ['yes', 'no']
        : node.answer === 'choice'
          ? Object.keys(node.choices)
          : [];
  if (answers.length === 0) {
    to.refuse(path, 'Expected a node name or rules (- when: ... goto: ...); a map is for yes-no and choice');
    return [{ when: null, goto: Object.values(next)[0] ?? id }];
  }
  for (const answer of Object.keys(next)) {
    if (!answers.includes(answer)) {
      to.refuse(
        [...path, answer],
        `Expected one of ${answers.join(', ')}, received ${JSON.stringify(answer)}`,
      );
    }
  }
  const missing = answers.filter((answer) => next[answer] === undefined);
  if (missing.length > 0) to.refuse(path, `Expected a node for each answer; missing: ${missing.join(', ')}`);
  return answers.map((answer, index) => ({
    when:
      index === answers.length - 1
        ? null
        : {
            kind: 'compare',
            operator: '==',
            left: { kind: 'name', name: id },
            right: {
              kind: 'value',
              value: node.kind === 'ask' && node.answer === 'yes-no' ? answer === 'yes' : answer,
            },
          },
    goto: next[answer] ?? id,
  }));
}
