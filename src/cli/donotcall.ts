/** `trunkline donotcall`: the numbers that are never called by us. */
import type { Command } from 'commander';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import { maskNumber } from '../masked.ts';
import { toNumber } from '../operations/dial.ts';
import { timeText } from './call-text.ts';
import { withCalls } from './calls-store.ts';
import type { Output } from './prompt-progress.ts';
import { textTable } from './text-table.ts';
import { writeOut } from './write-out.ts';

const EXAMPLES = `
Who says "stop calling" in a flow is put on the list by itself. dial and POST /api/calls refuse its numbers; calls that come in are
answered. Examples:
  npx trunkline donotcall list --unmask
  npx trunkline donotcall add +12025550123
  npx trunkline donotcall remove +12025550123`;

export function registerDoNotCall(program: Command): void {
  const command = program
    .command('donotcall')
    .description('Show and change the list of numbers that are never called.')
    .addHelpText('after', EXAMPLES);
  command
    .command('list')
    .description('Show the numbers, and since when.')
    .option('--unmask', 'with whole numbers', false)
    .action(({ unmask }: { readonly unmask: boolean }) =>
      listDoNotCall(readConfig(), unmask, process.stdout),
    );
  command
    .command('add <number>')
    .description('Never call this number.')
    .action((text: string) => addDoNotCall(readConfig(), text, process.stdout, systemClock));
  command
    .command('remove <number>')
    .description('Allow calls to this number again.')
    .action((text: string) => removeDoNotCall(readConfig(), text, process.stdout));
}

export async function listDoNotCall(config: Config, unmask: boolean, output: Output): Promise<void> {
  const entries = await withCalls(config, ({ dials }) => dials.doNotCall());
  if (entries.length === 0) {
    output.write('The list is empty: nobody has asked not to be called.\n');
    return;
  }
  const rows = entries.map(({ addedAtWallMs, callSid, number }) => [
    unmask ? number : maskNumber(number),
    timeText(addedAtWallMs),
    callSid === null ? 'put down here' : `asked for in ${callSid}`,
  ]);
  await writeOut([`${textTable([['NUMBER', 'SINCE', 'HOW'], ...rows])}\n`], output);
}

/** Rejects with DialError for what is no number; so does the next. */
export async function addDoNotCall(
  config: Config,
  text: string,
  output: Output,
  clock: Clock,
): Promise<void> {
  const number = toNumber('number', text);
  const isNew = await withCalls(config, ({ dials }) => dials.addDoNotCall(number, clock.wallMs()), 'ask');
  output.write(isNew ? `${number} is never called from now on.\n` : `${number} was on the list already.\n`);
}

export async function removeDoNotCall(config: Config, text: string, output: Output): Promise<void> {
  const number = toNumber('number', text);
  const wasThere = await withCalls(config, ({ dials }) => dials.removeDoNotCall(number), 'ask');
  output.write(wasThere ? `${number} may be called again.\n` : `${number} was not on the list.\n`);
}
