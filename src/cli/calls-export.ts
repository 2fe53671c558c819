/**
 * `trunkline calls export`: every call as CSV or JSON, page by page, however many there are. CSV has a column for each
 * question that any of them answered, so it is read twice: once for the columns, once for the lines.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
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
import { writeOut } from './write-out.ts';

const EXAMPLES = `
Calls that begin while it runs are left out. In CSV, a text that a spreadsheet would take for a formula begins with an
apostrophe; telephone numbers do. Examples:
  npx trunkline calls export --since 7d --out calls.csv
  npx trunkline calls export --format json --outcome eligible --unmask | jq length`;

/** Callers' numbers and answers are nobody else's business. */
const FILE_MODE = 0o600;
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
      else await exportToFile(readConfig(), options, out, systemClock);
    });
}

/** Rejects with ConfigError where the file cannot be written. */
export async function exportToFile(
  config: Config,
  options: ExportOptions,
  path: string,
  clock: Clock,
): Promise<void> {
  await withCalls(config, async ({ store }) => {
    // Not before the store is there: what stands in the file is worth more than nothing.
    const file = await openPrivate(path);
    await pipeline(linesOf(store, options, clock), file.createWriteStream());
  }).catch((error: unknown) => {
    throw isDiskError(error) ? fileRefused(path, error) : error;
  });
}

async function openPrivate(path: string): Promise<FileHandle> {
  const file = await open(path, 'w', FILE_MODE).catch((error: NodeJS.ErrnoException) => {
    throw fileRefused(path, error);
  });
  // One that was there keeps its mode; a device or a pipe is not ours to change.
  if ((await file.stat()).isFile()) await file.chmod(FILE_MODE);
  return file;
}

function fileRefused(path: string, { code }: NodeJS.ErrnoException): ConfigError {
  return new ConfigError(`--out: expected a file that can be written, received ${path} (${code})`);
}

function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  return ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

/** As CSV or JSON. */
export async function exportCalls(
  config: Config,
  options: ExportOptions,
  output: Output,
  clock: Clock,
): Promise<void> {
  await withCalls(config, ({ store }) => writeOut(linesOf(store, options, clock), output));
}

function linesOf(store: CallsAtHand['store'], options: ExportOptions, clock: Clock): AsyncGenerator<string> {
  const { format, outcome, since } = options;
  const filter: CallFilter = {
    after: { startedAtWallMs: clock.wallMs() + 1, callSid: '' },
    ...(since === undefined ? {} : { sinceWallMs: since(clock) }),
    ...(outcome === undefined ? {} : { outcome }),
  };
  return format === 'csv' ? csvOf(store, filter, options) : jsonOf(store, filter, options);
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
