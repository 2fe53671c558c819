/**
 * What is wrong with a flow as a whole: places that lead nowhere, loops that never ask, a silent caller who would be
 * asked for ever, names that nothing defines.
 */

import { nearestName } from '../nearest-name.ts';
import { checkExpression, type NameType } from './expression/check-expression.ts';
import type { Flow } from './flow.ts';
import type { FlowProblem } from './flow-problem.ts';
import { type AskNode, type FlowNode, waysOn } from './nodes/flow-node.ts';
import { type PromptTemplate, parseTemplate, variablesOf } from './prompt-template.ts';
import type { Path } from './schema/yaml-source.ts';

/** Variables that every call has: its numbers, as the carrier gave them. */
export const CALL_VARIABLES = ['from', 'to'] as const;

export function checkFlow(
  flow: Flow,
  lineOf: (path: Path) => number,
): { problems: FlowProblem[]; warnings: FlowProblem[] } {
  const problems: FlowProblem[] = [];
  const warnings: FlowProblem[] = [];
  const into = (list: FlowProblem[]) => (path: Path, message: string) =>
    void list.push({ line: lineOf(path), path: path.join('.'), message });
  const refuse = into(problems);
  checkNames(flow, refuse);
  if (checkTargets(flow, refuse)) {
    checkLoops(flow, refuse);
    checkReach(flow, refuse, into(warnings));
  }
  return { problems, warnings };
}

type Refuse = (path: Path, message: string) => void;

const own = (flow: Flow): FlowNode[] => Object.values(flow.nodes).filter((node) => !node.id.startsWith('$'));

/** Every `goto`, `otherwise`, `start` and intent names a node. Without that, no other check of the graph makes sense. */
function checkTargets(flow: Flow, refuse: Refuse): boolean {
  const names = own(flow).map((node) => node.id);
  let sound = true;
  const check = (target: string | null, path: Path) => {
    if (target === null || Object.hasOwn(flow.nodes, target)) return;
    const near = nearestName(target, names);
    refuse(
      path,
      `Expected the name of a node, received "${target}"${near === null ? '' : `; did you mean "${near}"?`}`,
    );
    sound = false;
  };
  check(flow.start, ['start']);
  check(flow.intents.optOut, ['intents', 'opt-out']);
  check(flow.intents.operator, ['intents', 'operator']);
  check(flow.voicemail, ['voicemail']);
  for (const node of own(flow)) {
    const path: Path = ['nodes', node.id];
    if (node.kind === 'ask' || node.kind === 'transfer') check(node.otherwise, [...path, 'otherwise']);
    if (node.kind === 'end' || node.kind === 'transfer') continue;
    const seen = new Set<string>();
    node.next.forEach((rule, index) => {
      if (!seen.has(rule.goto)) check(rule.goto, [...path, 'next', index]);
      seen.add(rule.goto);
    });
  }
  return sound;
}

function nameTypes(flow: Flow): Map<string, NameType> {
  const types = new Map<string, NameType>();
  for (const name of CALL_VARIABLES) types.set(name, { kind: 'string' });
  for (const [name, value] of Object.entries(flow.variables)) {
    types.set(name, { kind: typeof value as 'string' | 'number' | 'boolean' });
  }
  for (const node of own(flow)) if (node.kind === 'ask') types.set(node.id, answerType(node));
  return types;
}

function answerType({ question }: AskNode): NameType {
  switch (question.answer) {
    case 'yes-no':
      return { kind: 'boolean' };
    case 'number':
      return { kind: 'number' };
    case 'digits':
      return { kind: 'string' };
    case 'choice':
      return { kind: 'choice', choices: question.choices.map((choice) => choice.name) };
  }
}

/** Names in prompts and conditions. */
function checkNames(flow: Flow, refuse: Refuse): void {
  const types = nameTypes(flow);
  for (const name of Object.keys(flow.variables)) {
    const taken = CALL_VARIABLES.some((given) => given === name) || Object.hasOwn(flow.nodes, name);
    if (taken)
      refuse(
        ['variables', name],
        `Expected a name of its own; "${name}" is also a node or given by the call`,
      );
  }
  const checkTemplate = (template: PromptTemplate | null, path: Path) => {
    for (const name of template === null ? [] : variablesOf(template)) {
      if (types.has(name)) continue;
      const near = nearestName(name, types.keys());
      refuse(
        path,
        `Expected a variable or the name of an ask node in {{${name}}}${near === null ? '' : `; did you mean "${near}"?`}`,
      );
    }
  };
  for (const [name, text] of Object.entries(flow.messages)) {
    const bare = name === 'keypad_option' ? text.replace(/\{\{\s*(key|answer)\s*\}\}/g, '') : text;
    if (bare.includes('{{')) refuse(['messages', name], 'Expected a text without variables');
  }
  for (const node of own(flow)) {
    const path: Path = ['nodes', node.id];
    checkTemplate(node.prompt, [...path, 'text']);
    if (node.kind === 'ask') {
      node.noInput.forEach((template, index) => void checkTemplate(template, [...path, 'no_input', index]));
      node.noMatch.forEach((template, index) => void checkTemplate(template, [...path, 'no_match', index]));
    }
    if (node.kind === 'transfer') checkTemplate(parseTemplate(node.transfer.whisper), [...path, 'whisper']);
    if (node.kind === 'record' && node.consent !== null) {
      const asked = flow.nodes[node.consent];
      if (asked?.kind !== 'ask' || asked.question.answer !== 'yes-no')
        refuse([...path, 'consent'], `Expected the name of a yes-no question, received "${node.consent}"`);
    }
    if (node.kind === 'end' || node.kind === 'transfer') continue;
    node.next.forEach((rule, index) => {
      const wrong = rule.when === null ? [] : checkExpression(rule.when, types);
      for (const message of wrong) refuse([...path, 'next', index, 'when'], message);
    });
  }
}

/**
 * The graph that a silent caller walks (a say's ways on, an ask's `otherwise`) must have no circle: then every call ends
 * by itself, and a chain of say nodes is shorter than the flow.
 */
function checkLoops(flow: Flow, refuse: Refuse): void {
  const state = new Map<string, 'open' | 'done'>();
  const visit = (id: string, trail: readonly string[]): void => {
    if (state.get(id) === 'done') return;
    const node = flow.nodes[id]!;
    if (state.get(id) === 'open') {
      const loop = [...trail.slice(trail.indexOf(id)), id];
      const asks = loop.some((member) => ['ask', 'transfer'].includes(flow.nodes[member]?.kind ?? ''));
      const message = asks
        ? `Expected an end for a caller who says nothing; this goes round for ever: ${loop.join(' -> ')}`
        : `Expected a question or an end in this loop: ${loop.join(' -> ')}`;
      refuse(['nodes', id, 'otherwise' in node ? 'otherwise' : 'next'], message);
      return;
    }
    state.set(id, 'open');
    const onward = node.kind === 'ask' ? [node.otherwise] : waysOn(node);
    for (const target of onward) visit(target, [...trail, id]);
    state.set(id, 'done');
  };
  for (const node of own(flow)) visit(node.id, []);
}

function checkReach(flow: Flow, refuse: Refuse, warn: Refuse): void {
  const reached = new Set<string>();
  const pending = [flow.start, flow.voicemail];
  let asks = false;
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    const node = flow.nodes[id]!;
    pending.push(...waysOn(node));
    if (node.kind === 'ask' && !asks) {
      asks = true;
      pending.push(...[flow.intents.optOut, flow.intents.operator].filter((target) => target !== null));
    }
  }
  const byAnswers = new Set<string>();
  const walk = [flow.start];
  for (let id = walk.pop(); id !== undefined; id = walk.pop()) {
    if (byAnswers.has(id)) continue;
    byAnswers.add(id);
    const node = flow.nodes[id]!;
    if (node.kind !== 'end' && node.kind !== 'transfer') walk.push(...node.next.map((rule) => rule.goto));
  }
  const ends = [...byAnswers].some(
    (id) => flow.nodes[id]?.kind === 'end' || flow.nodes[id]?.kind === 'transfer',
  );
  if (!ends) refuse(['start'], 'Expected a way from the start to an end or transfer node');
  for (const node of own(flow)) {
    if (!reached.has(node.id)) warn(['nodes', node.id], 'Nothing leads to this node');
  }
}
