#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/**
 * The command line: `npx trunkline ...`. Each command is a file beside this one. A failure that has a cure is one
 * line on standard error and exit code 1; wrong usage is exit code 2; a defect of ours says so and asks for a report.
 */
import { Command, CommanderError } from 'commander';
import { TrunklineError } from '../errors.ts';
import { registerDemo } from './demo.ts';
import { registerFlowChat } from './flow-chat.ts';
import { registerFlowCheck } from './flow-check.ts';
import { registerFlowSchema } from './flow-schema.ts';
import { registerStart } from './start.ts';

const program = new Command('trunkline')
  .description('A self-hosted server that answers phone calls with a scripted voice bot.')
  .showHelpAfterError('(add --help for what is possible)')
  .exitOverride();

registerStart(program);
registerDemo(program);
const flow = program.command('flow').description('Check, try and describe flow files.');
registerFlowCheck(flow);
registerFlowChat(flow);
registerFlowSchema(flow);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof TrunklineError) {
    console.error(`${error.message} (${error.code})`);
    process.exitCode = 1;
  } else {
    console.error(`This is a defect of Trunkline; please report it with what you did.\n${String(error)}`);
    process.exitCode = 70;
  }
}
