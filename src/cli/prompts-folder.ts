/** The prompts on disk, as the commands about them see them: where they are, and which ones the flows need. */
import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import type { FlowSet } from '../flow/flow-set.ts';
import { PromptFiles } from '../speech/prompt-files.ts';
import { type Speaker, spokenBy, spokenKey } from '../speech/spoken.ts';
import { wantedPrompts } from '../wanted-prompts.ts';

export const BYTES_PER_MB = 1024 * 1024;

/** Not opened: nothing is made or cleared by looking. */
export function promptFilesOf(config: Config): PromptFiles {
  return new PromptFiles(join(resolve(config.DATA_DIR), 'prompts'), config.PROMPT_CACHE_MB * BYTES_PER_MB);
}

/** Keys, whatever the format, of all that the flows say, spoken by each of `speakers`. */
export function neededSpeech(flows: FlowSet, speakers: readonly Speaker[]): Set<string> {
  const keys = new Set<string>();
  for (const { source } of wantedPrompts(flows).values()) {
    if (source.kind !== 'text') continue;
    for (const speaker of speakers) keys.add(spokenKey(spokenBy(speaker, source), null));
  }
  return keys;
}

/** `1 prompt`, `2 prompts`. */
export function countOf(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

export function sizeText(bytes: number): string {
  return bytes < BYTES_PER_MB ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / BYTES_PER_MB).toFixed(1)} MB`;
}
