/**
 * `trunkline calls export`: every call as CSV or JSON, page by page, however many there are. CSV has a column for each
 * question that any of them answered, so it is read twice: once for the columns, once for the lines.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { type Command, Option } from 'commander';
import type { CallFilter } from '../channel/store-messages.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import { ConfigError } from '../errors.ts';
import type { KeptCall } from '../store/call-store.ts';
import { maskCall, toReport } from './call-text.ts';
import { type CallsAtHand, parseSince, type Since, withCalls } from './calls-store.ts';
import { type CsvCell, csvLine } from './csv.ts';
import type { Output } from './prompt-progress.ts';

const EXAMPLES = `
Calls that begin while it runs are left out. In CSV, a text that a spreadsheet would take for a formula begins with an
apostrophe; telephone numbers do. Examples:
  npx trunkline calls export --since 7d --out calls.csv
  npx trunkline calls export --format json --outcome eligible --unmask | jq length`;

const PAGE_CALLS = 500;
/** A flow has some ten questions; more columns than this no spreadsheet shows. */
const ANSWER_COLUMNS_MAX = 500;
const FIXED_COLUMNS = [
  'callSid',
  'direction',
  'from',
  'to',
  'startedAt',
  'endedAt',
  'durationMs',
  'endReason',
  'outcome',
  'resumes',
  'nodeId',
  'flowHash',
] as const;

export interface ExportOptions {
  readonly format: 'csv' | 'json';
  readonly since?: Since;
  readonly outcome?: string;
  readonly out?: string;
  readonly unmask: boolean;
}

export function registerCallsExport(calls: Command): void {
  calls
    .command('export')
    .description('Write all calls, or those of a time or an outcome, as CSV or JSON; newest first.')
    .addOption(new Option('--format <format>', 'csv or json').choices(['csv', 'json']).default('csv'))
    .option('--since <time>', 'begun then or later: 30m, 12h, 7d, or a date', parseSince)
    .option('--outcome <name>', 'only calls with this outcome')
    .option('--out <file>', 'a file (readable by you alone) instead of standard output')
    .option('--unmask', 'with whole numbers', false)
    .addHelpText('after', EXAMPLES)
    .action(async (options: ExportOptions) => {
      const { out } = options;
      if (out === undefined) await exportCalls(readConfig(), options, process.stdout, systemClock);
      else await exportToFile(readConfig(), options, out);
    });
}

async function exportToFile(config: Config, options: ExportOptions, path: string): Promise<void> {
  const file = createWriteStream(path, { mode: 0o600 });
  try {
    await once(file, 'open');
  } catch (error) {
    throw new ConfigError(
      `--out: expected a file that can be written, received ${path} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  await exportCalls(config, options, file, systemClock);
  file.end();
  await once(file, 'close');
}

/** Waits whenever the output does. A reader that has gone (`| head`) ends it without a word. */
export async function exportCalls(
  config: Config,
  options: ExportOptions,
  output: Output,
  clock: Clock,
): Promise<void> {
  let isGone = false;
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isGone = true;
  });
  const { outcome, since } = options;
  const filter: CallFilter = {
    after: { startedAtWallMs: clock.wallMs() + 1, callSid: '' },
    ...(since === undefined ? {} : { sinceWallMs: since(clock) }),
    ...(outcome === undefined ? {} : { outcome }),
  };
  await withCalls(config, async ({ store }) => {
    const lines = options.format === 'csv' ? csvOf(store, filter, options) : jsonOf(store, filter, options);
    for await (const text of lines) {
      if (isGone) return;
      if (!output.write(text)) await Promise.race([once(output, 'drain'), once(output, 'close')]);
    }
  });
}

async function* pagesOf(
  store: CallsAtHand['store'],
  filter: CallFilter,
): AsyncGenerator<readonly KeptCall[]> {
  let page = await store.list(PAGE_CALLS, filter);
  while (page.length > 0) {
    yield page;
    page = await store.list(PAGE_CALLS, { ...filter, after: page.at(-1)! });
  }
}

async function* csvOf(
  store: CallsAtHand['store'],
  filter: CallFilter,
  { unmask }: ExportOptions,
): AsyncGenerator<string> {
  const questions = new Set<string>();
  for await (const page of pagesOf(store, filter)) {
    for (const { answers } of page)
      for (const question of Object.keys(answers))
        if (questions.size < ANSWER_COLUMNS_MAX) questions.add(question);
  }
  const columns = [...questions].sort();
  yield csvLine([...FIXED_COLUMNS, ...columns.map((question) => `answer.${question}`)]);
  for await (const page of pagesOf(store, filter)) {
    yield page
      .map((call) => {
        const report = toReport(unmask ? call : maskCall(call));
        const answers = report['answers'] as Readonly<Record<string, CsvCell>>;
        const fixed = FIXED_COLUMNS.map((column) => report[column] as CsvCell);
        return csvLine([...fixed, ...columns.map((question) => answers[question] ?? null)]);
      })
      .join('');
  }
}

async function* jsonOf(
  store: CallsAtHand['store'],
  filter: CallFilter,
  { unmask }: ExportOptions,
): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const page of pagesOf(store, filter)) {
    const calls = page.map((call) => JSON.stringify(toReport(unmask ? call : maskCall(call))));
    yield `${separator}${calls.join(',\n')}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}
