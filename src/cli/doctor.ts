/** `trunkline doctor`: looks at all that a call needs, and says what to do. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { type Config, readConfig } from '../config.ts';
import { flowsOf } from '../flow/flow-set.ts';
import { examine } from '../operations/doctor/examine.ts';
import type { Finding } from '../operations/doctor/finding.ts';
import { loadFlowFiles } from './flow-file.ts';
import type { Output } from './prompt-progress.ts';

const EXAMPLES = `
Looks at the configuration, the native addon, the flow, the store, vendors' keys and models, the public address, its certificate, a
signed webhook and a signed stream through it, the account and the number. It rings nobody; it makes DATA_DIR and the tables of a
PostgreSQL where they are missing. Exit code 1 when
something is wrong that would keep callers from being served. Examples:
  npx trunkline doctor              # with the server running, to walk the whole way
  npx trunkline doctor --json | jq '.[] | select(.level == "error")'`;

const SIGNS = { ok: 'ok', warning: 'warn', error: 'FAIL', skipped: '-' } as const;
const SIGN_WIDTH = 5;
const ABOUT_WIDTH = 14;

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Look at all that a call needs, and say what to do.')
    .option('--json', 'as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async ({ json }: { readonly json: boolean }) => {
      const errors = await runDoctor(() => readConfig(), {
        json,
        hasEnvFile: existsSync('.env'),
        output: process.stdout,
      });
      if (errors > 0) process.exitCode = 1;
    });
}

export interface DoctorOptions {
  readonly json: boolean;
  readonly hasEnvFile: boolean;
  readonly output: Output;
}

/** Resolves with how many findings are errors. */
export async function runDoctor(
  configOf: () => Config,
  { hasEnvFile, json, output }: DoctorOptions,
): Promise<number> {
  const all: Finding[] = [];
  const errors = await examine({
    readConfig: configOf,
    hasEnvFile,
    loadFlows: (setting) =>
      flowsOf(loadFlowFiles(setting)).map(({ fileName, name }) => `${name} (${fileName})`),
    tell: (finding) => {
      all.push(finding);
      if (!json) output.write(`${toLines(finding)}\n`);
    },
  });
  if (json) output.write(`${JSON.stringify(all, null, 2)}\n`);
  else output.write(`${closing(all)}\n`);
  return errors;
}

function toLines({ about, cure, level, text }: Finding): string {
  const line = `${SIGNS[level].padEnd(SIGN_WIDTH)}${about.padEnd(ABOUT_WIDTH)} ${text}`;
  return cure === undefined
    ? line
    : `${line}\n${' '.repeat(SIGN_WIDTH)}${' '.repeat(ABOUT_WIDTH)} -> ${cure}`;
}

function closing(all: readonly Finding[]): string {
  const count = (level: Finding['level']) => all.filter((finding) => finding.level === level).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (errors > 0)
    return `\n${errors} to mend${warnings > 0 ? `, ${warnings} to look at` : ''}; then run it again.`;
  return warnings > 0 ? `\nCallers can be served; ${warnings} to look at.` : '\nAll is well: ring it.';
}
