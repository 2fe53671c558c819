/** `trunkline prompts list`: what is on disk, and who spoke it. */
import type { Command } from 'commander';
import { type Config, readConfig } from '../config.ts';
import type { KeptPrompt } from '../speech/prompt-files.ts';
import type { Output } from './prompt-progress.ts';
import { countOf, promptFilesOf, sizeText } from './prompts-folder.ts';

const EXAMPLES = `
The prompts are in the folder prompts of DATA_DIR; the one used last comes first. Examples:
  npx trunkline prompts list
  npx trunkline prompts list --json | jq -r '.[].text'`;

const HEADINGS = ['VENDOR', 'MODEL', 'VOICE', 'FORMAT', 'SECONDS', 'SIZE', 'LAST USED'];
/** A text that is cut to less says nothing. */
const TEXT_CHARACTERS_MIN = 20;

export function registerPromptsList(prompts: Command): void {
  prompts
    .command('list')
    .description('Show the prompts that are on disk: vendor, model, voice, length, size, last use, text.')
    .option('--json', 'as JSON, with whole texts', false)
    .addHelpText('after', EXAMPLES)
    .action(({ json }: { json: boolean }) => listPrompts(readConfig(), json, process.stdout));
}

export async function listPrompts(config: Config, isJson: boolean, output: Output): Promise<void> {
  const kept = await promptFilesOf(config).list();
  if (isJson) {
    output.write(`${JSON.stringify(kept.map(toJson), null, 2)}\n`);
    return;
  }
  const bytes = kept.reduce((sum, file) => sum + file.bytes, 0);
  const total = `${countOf(kept.length, 'prompt')}, ${sizeText(bytes)} of ${config.PROMPT_CACHE_MB} MB`;
  output.write(`${[...table(kept, output.isTTY === true ? output.columns : undefined), total].join('\n')}\n`);
}

/** `width` absent: texts are whole. */
function table(kept: readonly KeptPrompt[], width: number | undefined): string[] {
  if (kept.length === 0) return [];
  const rows = [HEADINGS, ...kept.map(toCells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const texts = ['TEXT', ...kept.map(({ about }) => about?.text ?? '(of an older version, or damaged)')];
  return rows.map((row, index) => {
    const start = row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
    const room = Math.max(TEXT_CHARACTERS_MIN, (width ?? Number.POSITIVE_INFINITY) - start.length - 2);
    // A control character of a text must not reach the terminal.
    const text = texts[index]!.replace(/\p{C}/gu, ' ');
    return `${start}  ${text.length > room ? `${text.slice(0, room - 1)}…` : text}`;
  });
}

function toCells({ about, bytes, usedAtWallMs }: KeptPrompt): string[] {
  const used = new Date(usedAtWallMs).toISOString().slice(0, 16).replace('T', ' ');
  if (about === null) return ['?', '', '', '', '', sizeText(bytes), used];
  const { provider, model, voice, format, durationMs } = about;
  return [
    provider,
    model === '' ? '-' : model,
    voice,
    format,
    (durationMs / 1000).toFixed(1),
    sizeText(bytes),
    used,
  ];
}

function toJson({ fileName, bytes, usedAtWallMs, about }: KeptPrompt): unknown {
  return { fileName, bytes, lastUsed: new Date(usedAtWallMs).toISOString(), ...about };
}
