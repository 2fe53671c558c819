/**
 * Starts one of the peers (README.md beside this) in a process of its own on a free port, and reads from /proc what that
 * costs: Linux only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PeerName } from './missing-packages.ts';
import { pythonCommand } from './python-command.ts';

export interface PeerOptions {
  /** 0: calls that only listen, for up to 10 minutes. */
  readonly questions: number;
  /** Files of raw 8 kHz mu-law. */
  readonly prompt: string;
  readonly goodbye: string;
  readonly endOfSpeechMs: number;
  /** Quiet after a prompt until it is played again. Default 5000. */
  readonly noInputMs?: number;
  readonly openAiBaseUrl: string;
  readonly openAiApiKey: string;
}

export interface Peer {
  readonly port: number;
  readonly pid: number;
  /** Of its runtime and libraries, for the report. */
  readonly versions: string;
  stop(): Promise<void>;
  /** User and system of all threads since it began, in steps of 10 ms. */
  cpuMs(): number;
  residentBytes(): number;
}

const START_MAX_MS = 30_000;
const STOP_MAX_MS = 3000;
const SAID_MAX_CHARACTERS = 10_000;
/** USER_HZ: 100 on every Linux that Node runs on. */
const CPU_TICK_MS = 10;

/** Resolves when it listens. Rejects with what it said if it ends before that or takes half a minute. */
export function startPeer(name: PeerName, options: PeerOptions): Promise<Peer> {
  const [command, ...entry] = commandOf(name);
  const child = spawn(command, [...entry, ...toArguments(options)], {
    env: { PATH: process.env['PATH'], OPENAI_API_KEY: options.openAiApiKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let said = '';
    const refuse = (): void => {
      clearTimeout(late);
      child.kill('SIGKILL');
      reject(new Error(`Expected the peer ${name} to listen within ${START_MAX_MS} ms, received:\n${said}`));
    };
    const late = setTimeout(refuse, START_MAX_MS);
    child.once('exit', refuse);
    child.once('error', (error) => {
      said += error.message;
      refuse();
    });
    const read = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-SAID_MAX_CHARACTERS);
      const port = /^listening on (\d+)$/m.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      child.off('exit', refuse);
      child.stdout.off('data', read).resume();
      // What it complains of belongs to whoever runs the benchmark.
      child.stderr.off('data', read).pipe(process.stderr, { end: false });
      resolve(toPeer(child, Number(port), /^versions (.*)$/m.exec(said)?.[1] ?? 'unknown'));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
}

function commandOf(name: PeerName): [string, ...string[]] {
  const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
  if (name === 'python') return [pythonCommand() ?? 'python3', '-B', path('./python/server.py')];
  return [process.execPath, '--disable-warning=ExperimentalWarning', path('./ws-js/server.ts')];
}

function toArguments(options: PeerOptions): string[] {
  const { noInputMs } = options;
  return [
    ...(noInputMs === undefined ? [] : ['--no-input-ms', String(noInputMs)]),
    ...['--port', '0', '--questions', String(options.questions)],
    ...['--prompt', options.prompt, '--goodbye', options.goodbye],
    ...['--end-of-speech-ms', String(options.endOfSpeechMs), '--openai-base-url', options.openAiBaseUrl],
  ];
}

function toPeer(child: ChildProcess, port: number, versions: string): Peer {
  const pid = child.pid!;
  return {
    port,
    pid,
    versions,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
      await exited;
      clearTimeout(late);
    },
    cpuMs: () => {
      // Behind the name, which may hold anything: state is the first, user and system time the 12th and 13th (proc(5)).
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
      return (Number(fields[11]) + Number(fields[12])) * CPU_TICK_MS;
    },
    residentBytes: () => {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
  };
}
