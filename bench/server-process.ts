/** A Trunkline of its own process for a benchmark: the server alone on a free port, with a probe beside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerUsage } from './server-probe.ts';

const ENTRY = fileURLToPath(new URL('../src/cli/trunkline.ts', import.meta.url));
const PROBE = new URL('./server-probe.ts', import.meta.url).href;
const START_MAX_MS = 60_000;
const STOP_MAX_MS = 10_000;

export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Resolves when the first caller can be served. Rejects with what the server said if it ends or takes a minute. */
  static start(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const flags = ['--disable-warning=ExperimentalWarning', '--import', PROBE];
    const child = spawn(process.execPath, [...flags, ENTRY, 'start', '--no-supervisor'], {
      env: { ...environment, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return new Promise((resolve, reject) => {
      let said = '';
      const refuse = (): void => {
        child.kill('SIGKILL');
        reject(new Error(`Expected a server that is ready within ${START_MAX_MS} ms, received:\n${said}`));
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

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MAX_MS);
    await exited;
    clearTimeout(late);
  }
}
