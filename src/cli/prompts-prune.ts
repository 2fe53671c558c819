/** `trunkline prompts prune`: deletes prompts from disk that nothing needs. */
import { type Command, InvalidArgumentError } from 'commander';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import { createSynthesizers } from '../speech/create-synthesizers.ts';
import type { KeptPrompt } from '../speech/prompt-files.ts';
import { spokenKey } from '../speech/spoken.ts';
import { loadFlowFiles } from './flow-file.ts';
import type { Output } from './prompt-progress.ts';
import { countOf, neededSpeech, promptFilesOf, sizeText } from './prompts-folder.ts';

const EXAMPLES = `
Needed is what the flows of FLOW say to every caller, by each vendor of SYNTHESIZERS with its voice and model of now.
What was said to one caller (a prompt with a variable) is not needed; it is made again when it is. Examples:
  npx trunkline prompts prune --dry-run          say what would go
  npx trunkline prompts prune                    what the flows do not need
  npx trunkline prompts prune --older-than 30    of that, what was not used for 30 days
  npx trunkline prompts prune --all              everything; the next start makes its prompts anew`;

const DAY_MS = 86_400_000;

export interface PruneOptions {
  readonly all: boolean;
  /** Days. */
  readonly olderThan?: number;
  readonly dryRun: boolean;
}

export function registerPromptsPrune(prompts: Command): void {
  prompts
    .command('prune')
    .description('Delete the prompts on disk that the configuration and its flows do not need.')
    .option('--all', 'needed ones, too', false)
    .option('--older-than <days>', 'only those that were not used for so many days', parseDays)
    .option('--dry-run', 'delete nothing', false)
    .addHelpText('after', EXAMPLES)
    .action((options: PruneOptions) => prunePrompts(readConfig(), options, process.stdout, systemClock));
}

export async function prunePrompts(
  config: Config,
  options: PruneOptions,
  output: Output,
  clock: Clock,
): Promise<void> {
  const files = promptFilesOf(config);
  const kept = await files.list();
  const isNeeded = options.all ? () => false : await needFor(config);
  const beforeWallMs = clock.wallMs() - (options.olderThan ?? 0) * DAY_MS;
  const doomed = kept.filter(
    (file) => !isNeeded(file) && (options.olderThan === undefined || file.usedAtWallMs < beforeWallMs),
  );
  if (!options.dryRun) for (const { fileName } of doomed) await files.remove(fileName);
  const bytes = doomed.reduce((sum, file) => sum + file.bytes, 0);
  const verb = options.dryRun ? 'Would delete' : 'Deleted';
  output.write(
    `${verb} ${countOf(doomed.length, 'prompt')}, ${sizeText(bytes)}; ${kept.length - doomed.length} stay.\n`,
  );
}

async function needFor(config: Config): Promise<(file: KeptPrompt) => boolean> {
  const members = await createSynthesizers(config.speech, systemClock);
  const speakers = members.map(({ synthesizer }) => synthesizer);
  const needed = neededSpeech(loadFlowFiles(config.FLOW), speakers);
  return ({ about }) => about !== null && needed.has(spokenKey(about, null));
}

function parseDays(value: string): number {
  if (!/^\d{1,5}$/.test(value)) throw new InvalidArgumentError('Expected a whole number of days, as 30.');
  return Number(value);
}
