/** A Trunkline in a process of its own for a load or a benchmark: the server alone on a free port, with a probe beside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../errors.ts';
import { serverNodeOptions } from '../node-options.ts';
import type { ServerUsage } from './server-probe.ts';

const ENTRY = fileURLToPath(new URL('../cli/trunkline.ts', import.meta.url));
const PROBE = new URL('./server-probe.ts', import.meta.url).href;
const START_MAX_MS = 60_000;
const STOP_MAX_MS = 10_000;

export class ServerProcess {
  readonly port: number;
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.exited = once(child, 'exit').then(() => {});
  }

  /**
   * Nothing but `environment` is set, and what a supervisor sets: it runs in its DATA_DIR, where there is no `.env` of somebody's own
   * server, with a database and a place for results. Resolves when the first caller can be served. Rejects with what the
   * server said if it ends or takes a minute.
   */
  static start(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const flags = ['--disable-warning=ExperimentalWarning', '--import', PROBE];
    const child = spawn(process.execPath, [...flags, ENTRY, 'start', '--no-supervisor'], {
      cwd: environment['DATA_DIR'] ?? tmpdir(),
      env: { ...environment, PORT: '0', NODE_OPTIONS: serverNodeOptions(environment['NODE_OPTIONS']) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A Ctrl-C at the terminal is for us: we end its calls first, then it.
      detached: true,
    });
    return new Promise((resolve, reject) => {
      let said = '';
      const refuse = (): void => {
        child.kill('SIGKILL');
        reject(
          new ConfigError(`Expected a server that is ready within ${START_MAX_MS} ms, received:\n${said}`),
        );
      };
      const late = setTimeout(refuse, START_MAX_MS);
      child.once('exit', refuse);
      const read = (chunk: Buffer): void => {
        said = (said + chunk.toString()).slice(-10_000);
        const port = /listens on \S+:(\d+)/.exec(said)?.[1];
        if (port === undefined || !said.includes('Ready for calls.')) return;
        clearTimeout(late);
        child.off('exit', refuse);
        child.stdout!.off('data', read).resume();
        child.stderr!.off('data', read).resume();
        resolve(new ServerProcess(child, Number(port)));
      };
      child.stdout!.on('data', read);
      child.stderr!.on('data', read);
    });
  }

  /** What it has used since the last reading. */
  async usage(): Promise<ServerUsage> {
    const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(10_000) });
    this.#child.send('usage');
    const [usage] = await answer;
    return usage as ServerUsage;
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MAX_MS);
    await this.exited;
    clearTimeout(late);
  }
}
