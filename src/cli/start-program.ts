/** `trunkline start` without the other commands: the supervisor that it becomes loads nothing that it does not need. */
import { Command } from 'commander';
import { registerStart } from './start.ts';

export function createProgram(): Command {
  const program = new Command('trunkline')
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride();
  registerStart(program);
  return program;
}
