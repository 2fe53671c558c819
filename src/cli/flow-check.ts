/** `trunkline flow check FILE`: says whether a flow can be served, and if not, every place that is wrong. */
import type { Writable } from 'node:stream';
import type { Command } from 'commander';
import { fixedPrompts } from '../flow/fixed-prompts.ts';
import type { Flow } from '../flow/flow.ts';
import { formatProblem } from '../flow/flow-problem.ts';
import { readFlow } from '../flow/load-flow.ts';
import { loadOptionsFor, readFlowText } from './flow-file.ts';

export function registerFlowCheck(flow: Command): void {
  flow
    .command('check')
    .description('Check a flow file: exit code 0 if it can be served, 1 if not.')
    .argument('<file>', 'the flow file (YAML)')
    .action((file: string) => {
      process.exitCode = checkFlowFile(file, process.stdout, process.stderr);
    });
}

/** Exit code 0 or 1. Throws ConfigError when the file cannot be read. */
export function checkFlowFile(path: string, output: Writable, errors: Writable): 0 | 1 {
  const { flow, problems } = readFlow(readFlowText(path), path, loadOptionsFor(path));
  if (flow === null) {
    for (const problem of problems) errors.write(`${formatProblem(path, problem)}\n`);
    errors.write(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n`);
    return 1;
  }
  for (const warning of flow.warnings) output.write(`warning: ${formatProblem(path, warning)}\n`);
  output.write(`${summaryOf(flow)}\n`);
  return 0;
}

function summaryOf(flow: Flow): string {
  const nodes = Object.values(flow.nodes).filter((node) => !node.id.startsWith('$'));
  const questions = nodes.filter((node) => node.kind === 'ask').length;
  const outcomes = new Set(nodes.flatMap((node) => ('outcome' in node ? [node.outcome] : [])));
  const count = (amount: number, noun: string) => `${amount} ${noun}${amount === 1 ? '' : 's'}`;
  return [
    `OK: ${flow.name} (${flow.language}, voice ${flow.voice})`,
    `${count(nodes.length, 'node')}, ${count(questions, 'question')}, ${count(fixedPrompts(flow).length, 'fixed prompt')}`,
    `outcomes: ${[...outcomes].join(', ')}`,
    count(flow.warnings.length, 'warning'),
  ].join('; ');
}
