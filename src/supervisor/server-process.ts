/** The server as a process of its own: started with an IPC channel, its output on ours. */
import { spawn } from 'node:child_process';
import { serverNodeOptions } from '../node-options.ts';
import type { FromServer, ToServer } from './server-messages.ts';

export interface ServerProcess {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** A server that has gone meanwhile is not told. */
  send(message: ToServer): void;
}

export interface ServerProcessEvents {
  readonly onMessage: (message: FromServer) => void;
  /** Its end of the channel has closed: it is dying, and its sockets close in the same breath. */
  readonly onDisconnected: () => void;
  /** Once, last. `code` or `signal` is null; both if it could not be started. */
  readonly onExited: (code: number | null, signal: NodeJS.Signals | null) => void;
}

export type StartServerProcess = (events: ServerProcessEvents) => ServerProcess;

/**
 * Runs `commandLine` by this very Node. In a session of its own: Ctrl-C in a terminal reaches a whole process group, and
 * the server is to hear of it from its supervisor alone.
 */
export function startServerProcess(
  commandLine: readonly string[],
  events: ServerProcessEvents,
): ServerProcess {
  const child = spawn(process.execPath, [...process.execArgv, ...commandLine], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // biome-ignore lint/style/noProcessEnv: it is the server's own, and no setting of ours
    env: { ...process.env, NODE_OPTIONS: serverNodeOptions(process.env['NODE_OPTIONS']) },
    detached: true,
  });
  let isOver = false;
  const over = (code: number | null, signal: NodeJS.Signals | null): void => {
    if (isOver) return;
    isOver = true;
    events.onExited(code, signal);
  };
  child.on('message', (message) => events.onMessage(message as FromServer));
  child.on('disconnect', events.onDisconnected);
  child.on('exit', over);
  child.on('error', () => {
    if (child.pid === undefined) over(null, null);
  });
  return {
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    send: (message) => {
      if (child.connected) child.send(message, () => {});
    },
  };
}
