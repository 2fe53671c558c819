/** Trunkline as an operator has it: a process of its own, from its command line. Ended with the test, by its id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../src/cli/trunkline.ts', import.meta.url));
const FLOW = fileURLToPath(new URL('../fixtures/flows/short.yaml', import.meta.url));

export class TrunklineProcess {
  stdout = '';
  stderr = '';
  /** Resolves with the exit code, or with the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  readonly #child: ChildProcess;

  constructor(commandLine: readonly string[], environment: Readonly<Record<string, string>>) {
    const { PATH = '', HOME = '' } = process.env;
    const settings = { FLOW, LOG_LEVEL: 'info', PORT: '0', ...environment };
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', COMMAND, ...commandLine],
      {
        env: { PATH, HOME, ...settings },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#child = child;
    child.stdout.on('data', (chunk) => {
      this.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.exited = new Promise((resolve) =>
      child.on('close', (code, signal) => resolve(code ?? signal ?? '')),
    );
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await this.exited;
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The address that it said it listens on. Rejects when it exits instead. */
  async listens(): Promise<string> {
    return (await this.prints(/listens on (\S+)/))[1]!;
  }

  /** Resolves when standard output matches. Rejects when the process exits first. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this.stdout);
        if (found !== null) resolve(found);
      };
      this.#child.stdout!.on('data', look);
      look();
      void this.exited.then((code) => reject(new Error(`exited with ${code}: ${this.stderr}`)));
    });
  }
}
