#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/**
 * The command line: `npx trunkline ...`. A failure that has a cure is one line on standard error and exit code 1; wrong
 * usage is exit code 2; a defect of ours says so, asks for a report, and is exit code 70.
 */
import { CommanderError } from 'commander';
import { TrunklineError } from '../errors.ts';
import { endSoon } from './lenient-output.ts';

try {
  // Not a static import: a machine without the addon gets one line too, and it is the import that fails there. `start` has
  // a program of its own, since the supervisor that it becomes stays small.
  const { createProgram } =
    process.argv[2] === 'start' ? await import('./start-program.ts') : await import('./program.ts');
  await createProgram().parseAsync();
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
  endSoon();
}
