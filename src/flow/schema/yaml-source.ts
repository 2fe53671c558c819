/**
 * A YAML text as plain values, with the line of every place in it. Refuses what a flow never needs and an attacker
 * might use: aliases, tags, deep nesting, names that every object has.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { FlowProblem } from '../flow-problem.ts';

/** A flow nests eight levels at most. */
const DEPTH_MAX = 16;

export type Path = readonly (string | number)[];

export interface YamlSource {
  /** Null when `problems` is not empty. */
  readonly value: unknown;
  readonly problems: readonly FlowProblem[];
  /** Line of the place, or of the nearest place around it. `key`: the line of that key in the map at `path`. */
  lineOf(path: Path): number;
}

export function readYaml(text: string): YamlSource {
  const counter = new LineCounter();
  // Keys are compared in `walk`: the library compares each with every other, seconds for a large hostile map.
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: false, stringKeys: false });
  const lines = new Map<string, number>();
  const problems: FlowProblem[] = [...document.errors, ...document.warnings].map((problem) => ({
    line: problem.linePos?.[0].line ?? 1,
    path: '',
    message: problem.message.startsWith('Maximum call stack')
      ? `Expected at most ${DEPTH_MAX} levels of nesting`
      : `Expected valid YAML: ${problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''}`,
  }));
  if (problems.length === 0) walk(document.contents, [], { counter, lines, problems });
  return {
    value: problems.length === 0 ? document.toJS({ maxAliasCount: 0 }) : null,
    problems,
    lineOf(path) {
      for (let length = path.length; length > 0; length--) {
        const line = lines.get(pathKey(path.slice(0, length)));
        if (line !== undefined) return line;
      }
      return 1;
    },
  };
}

interface Walk {
  readonly counter: LineCounter;
  readonly lines: Map<string, number>;
  readonly problems: FlowProblem[];
}

function walk(node: unknown, path: Path, to: Walk): void {
  const refuse = (at: Node, message: string) =>
    to.problems.push({ line: lineAt(at, to.counter), path: path.join('.'), message });
  if (isAlias(node)) refuse(node, 'Expected a value; aliases (*) are not allowed in a flow');
  if (!isMap(node) && !isSeq(node)) return;
  if (path.length >= DEPTH_MAX) {
    refuse(node, `Expected at most ${DEPTH_MAX} levels of nesting`);
    return;
  }
  const seen = new Map<string, number>();
  for (const [index, item] of node.items.entries()) {
    const isEntry = isPair(item);
    if (isEntry && !isScalar(item.key)) {
      refuse(node, 'Expected a plain name as the key of a map');
      continue;
    }
    const key = isEntry ? String((item.key as { value: unknown }).value) : index;
    const child = [...path, key];
    const at = (isEntry ? item.key : item) as Node | null;
    if (at !== null) to.lines.set(pathKey(child), lineAt(at, to.counter));
    if (isEntry && at !== null) {
      const refuseKey = (message: string) =>
        to.problems.push({ line: lineAt(at, to.counter), path: child.join('.'), message });
      if (key === '<<' || String(key) in Object.prototype) {
        refuseKey(`Expected another name than ${JSON.stringify(key)}`);
      }
      const first = seen.get(String(key));
      if (first !== undefined)
        refuseKey(`Expected each key once; ${JSON.stringify(key)} stands on line ${first} too`);
      else seen.set(String(key), lineAt(at, to.counter));
    }
    walk(isEntry ? item.value : item, child, to);
  }
}

function lineAt(node: Node, counter: LineCounter): number {
  return counter.linePos(node.range?.[0] ?? 0).line;
}

function pathKey(path: Path): string {
  return path.map(String).join('\u0000');
}
