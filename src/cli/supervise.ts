/**
 * `trunkline start` as the supervisor. What it does goes to standard error as lines of the log's shape, written here: the
 * log itself, and the settings that choose its level, belong to the server.
 */
import { systemClock } from '../clock.ts';
import { standardError } from '../standard-error.ts';
import { startServerProcess } from '../supervisor/server-process.ts';
import { StandIn } from '../supervisor/stand-in.ts';
import { Supervisor, type SupervisorNote } from '../supervisor/supervisor.ts';
import { endSoon, tolerateLostOutput } from './lenient-output.ts';

/** As pino numbers them. */
const LEVELS = { info: 30, warn: 40, error: 50 } as const;
/** The longest that a timer takes: some 24 days. */
const FOREVER_MS = 2 ** 31 - 1;

/** `options`: of the server that it starts. */
export async function supervise(options: readonly string[] = []): Promise<void> {
  tolerateLostOutput();
  const clock = systemClock;
  const note: SupervisorNote = (level, fields, text) => {
    const line = { level: LEVELS[level], time: clock.wallMs(), workerId: 'supervisor', ...fields, msg: text };
    output.write(`${JSON.stringify(line)}\n`);
  };
  const output = standardError((lines, durationMs) =>
    note('warn', { event: 'log.lost', lines, durationMs }, 'lines of the log were lost: nobody took them'),
  );
  const standIn = new StandIn({
    clock,
    onRefused: (err) =>
      note(
        'error',
        { event: 'port.refused', code: err.code, err: err.message },
        'callers cannot be kept waiting',
      ),
  });
  const entry = process.argv[1]!;
  const supervisor = new Supervisor({
    clock,
    startServer: (events) => startServerProcess([entry, 'start', '--supervised', ...options], events),
    standIn,
    note,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => supervisor.signal(signal));
  // Timers of the clock keep no process alive, and between two servers there may be nothing else.
  const alive = setInterval(() => {}, FOREVER_MS);
  try {
    process.exitCode = await supervisor.done;
  } finally {
    clearInterval(alive);
    endSoon();
  }
}
