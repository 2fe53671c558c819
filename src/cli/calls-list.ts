/** `trunkline calls list`: the newest calls, one a line. */
import type { Command } from 'commander';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import type { KeptCall } from '../store/call-store.ts';
import { durationMsOf, maskCall, plain, timeText, toReport } from './call-text.ts';
import { parseLimit, parseSince, type Since, withCalls } from './calls-store.ts';
import type { Output } from './prompt-progress.ts';
import { textTable } from './text-table.ts';
import { writeOut } from './write-out.ts';

const EXAMPLES = `
Reads the file in DATA_DIR, or the database of DATABASE_URL, also while a server runs. Examples:
  npx trunkline calls list
  npx trunkline calls list --since 24h --outcome eligible
  npx trunkline calls list --json --unmask --limit 100 | jq -r '.[].from'`;

const HEADINGS = ['STARTED', 'CALL', 'FROM', 'OUTCOME', 'END', 'SECONDS', 'ANSWERS'];

export interface ListOptions {
  readonly since?: Since;
  readonly outcome?: string;
  readonly limit: number;
  readonly json: boolean;
  readonly unmask: boolean;
}

export function registerCallsList(calls: Command): void {
  calls
    .command('list')
    .description('Show the newest calls: when, who, outcome, end, answers.')
    .option('--since <time>', 'begun then or later: 30m, 12h, 7d, or a date', parseSince)
    .option('--outcome <name>', 'only calls with this outcome')
    .option('--limit <count>', 'at most so many', parseLimit, 20)
    .option('--json', 'as JSON', false)
    .option('--unmask', 'with whole numbers', false)
    .addHelpText('after', EXAMPLES)
    .action((options: ListOptions) => listCalls(readConfig(), options, process.stdout, systemClock));
}

export async function listCalls(
  config: Config,
  options: ListOptions,
  output: Output,
  clock: Clock,
): Promise<void> {
  const { limit, outcome, since } = options;
  const found = await withCalls(config, ({ store }) =>
    store.list(limit, {
      ...(since === undefined ? {} : { sinceWallMs: since(clock) }),
      ...(outcome === undefined ? {} : { outcome }),
    }),
  );
  const shown = options.unmask ? found : found.map(maskCall);
  await writeOut(
    [`${options.json ? JSON.stringify(shown.map(toReport), null, 2) : describe(shown)}\n`],
    output,
  );
}

function describe(calls: readonly KeptCall[]): string {
  return calls.length === 0 ? 'No calls.' : textTable([HEADINGS, ...calls.map(toCells)]);
}

function toCells(call: KeptCall): string[] {
  const durationMs = durationMsOf(call);
  const answers = Object.entries(call.answers).map(([node, value]) => `${node}=${value}`);
  return [
    timeText(call.startedAtWallMs).slice(0, 19).replace('T', ' '),
    call.callSid,
    call.from,
    call.outcome ?? '-',
    call.endReason ?? 'live',
    durationMs === null ? '-' : (durationMs / 1000).toFixed(1),
    answers.join(' '),
  ].map(plain);
}
