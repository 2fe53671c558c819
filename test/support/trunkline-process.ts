/** Trunkline as an operator has it: a process of its own, from its command line. Ended with the test, by its id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../src/cli/trunkline.ts', import.meta.url));
const FLOW = fileURLToPath(new URL('../fixtures/flows/short.yaml', import.meta.url));

export interface ProcessOptions {
  /** Limits of the shell that starts it, as `ulimit -n 64`. */
  readonly shell?: string;
}

export class TrunklineProcess {
  stdout = '';
  stderr = '';
  /** Resolves with the exit code, or with the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  readonly #child: ChildProcess;

  constructor(
    commandLine: readonly string[],
    environment: Readonly<Record<string, string>>,
    options: ProcessOptions = {},
  ) {
    const { PATH = '', HOME = '' } = process.env;
    const settings = { FLOW, LOG_LEVEL: 'info', PORT: '0', ...environment };
    const command = [process.execPath, '--disable-warning=ExperimentalWarning', COMMAND, ...commandLine];
    const [program = '', ...parameters] =
      options.shell === undefined
        ? command
        : ['bash', '-c', `${options.shell}; exec "$@"`, 'bash', ...command];
    const child = spawn(program, parameters, {
      env: { PATH, HOME, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
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
      // A server that has lost its supervisor lets its calls finish: a test is not to wait for that.
      const { serverPid } = this;
      if (serverPid > 0) killed(serverPid);
      await this.exited;
    });
  }

  /** Of the one that was started: the supervisor, or a server without one. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Of the server under a supervisor, the latest that listened; 0 before. */
  get serverPid(): number {
    const starts = [...this.stderr.matchAll(/"event":"server.started","pid":(\d+)/g)];
    return Number(starts.at(-1)?.[1] ?? 0);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** To the server under a supervisor, past it. */
  signalServer(name: NodeJS.Signals): void {
    process.kill(this.serverPid, name);
  }

  /** Events of the log so far, in order. */
  events(): { readonly event: string; readonly [field: string]: unknown }[] {
    const lines = this.stderr.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return lines.map((line) => JSON.parse(line));
  }

  /** The address that it said it listens on. Rejects when it exits instead. */
  async listens(): Promise<string> {
    return (await this.prints(/listens on (\S+)/))[1]!;
  }

  /** Resolves when standard output has matched `count` times. Rejects when the process exits first. */
  async printsAgain(pattern: RegExp, count: number): Promise<void> {
    const times = new RegExp(`(?:${pattern.source}[\\s\\S]*){${count}}`);
    await this.prints(times);
  }

  /** Resolves when standard output matches. Rejects when the process exits first. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#says('stdout', pattern);
  }

  /** The same of standard error. */
  complains(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#says('stderr', pattern);
  }

  #says(output: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this[output]);
        if (found !== null) resolve(found);
      };
      this.#child[output]!.on('data', look);
      look();
      void this.exited.then((code) => reject(new Error(`exited with ${code}: ${this.stderr}`)));
    });
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone by itself.
  }
}
