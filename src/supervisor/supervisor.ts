/**
 * Keeps one server process running, and its callers waiting while it does not. Holds no call, loads nothing heavy, reads no
 * setting: what it must know of the server, the server tells it. Made to have nothing in it that can fail.
 *
 *   starting --listening--> serving --ended--> waiting --delay--> starting
 *      |                      |                   |
 *      '------ signal --------'-------------------'--> stopping --exited--> done, with the server's code
 *
 * The port changes hands without a gap that a carrier could fall into: the server asks for it just before it listens, and
 * the stand-in leaves it in that turn; the stand-in takes it when the server's channel closes, which is before its sockets.
 */
import type { Clock, Timer } from '../clock.ts';
import { TrunklineError } from '../errors.ts';
import { RestartPolicy } from './restart-policy.ts';
import type { FromServer, ServerAddress } from './server-messages.ts';
import type { ServerProcess, StartServerProcess } from './server-process.ts';
import type { StandIn } from './stand-in.ts';

/** One line of the log. */
export type SupervisorNote = (
  level: 'info' | 'warn' | 'error',
  fields: Readonly<Record<string, unknown>> & { readonly event: string },
  text: string,
) => void;

export interface SupervisorParts {
  readonly clock: Clock;
  readonly startServer: StartServerProcess;
  readonly standIn: Pick<StandIn, 'open' | 'close' | 'practise' | 'endWaits'>;
  readonly note: SupervisorNote;
}

/** From its start to its listening. Prompts are made after that. */
const START_MAX_MS = 60_000;
/** Ten beats: a server whose loop stands that long has lost its calls, and its sockets would keep their carriers waiting. */
const SILENT_MAX_MS = 10_000;
/** Beyond the drain limit: the store writes what waits, threads end. */
const STOP_SPARE_MS = 15_000;
/** From the end of its channel to its exit. */
const EXIT_MAX_MS = 5000;

/** Starting a process holds this one up for some 20 ms, in which the stand-in could not take the port: it goes first. */
const RESTART_MIN_MS = 10;

type Phase = 'starting' | 'serving' | 'waiting' | 'stopping' | 'done';

export class Supervisor {
  /** Resolves with the exit code. Rejects with TrunklineError (`ERR_CRASH_LOOP`) when it has given up. */
  readonly done: Promise<number>;
  readonly #parts: SupervisorParts;
  readonly #policy = new RestartPolicy();
  #phase: Phase = 'starting';
  #server: ServerProcess | null = null;
  #address: ServerAddress | null = null;
  #drainMs = 0;
  /** Some server was ready once: whatever ends one from now on is no mistake in the settings. */
  #hasServed = false;
  #isReady = false;
  #deadline: Timer | null = null;
  #restart: Timer | null = null;
  #resolve: (code: number) => void = () => {};
  #reject: (error: TrunklineError) => void = () => {};

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#start();
  }

  /** Passed on to the server, each time it comes. */
  signal(name: NodeJS.Signals): void {
    if (this.#phase === 'done') return;
    const isFirst = this.#phase !== 'stopping';
    // No server of ours will serve who waits; another node may.
    if (isFirst) this.#parts.standIn.endWaits('over');
    this.#phase = 'stopping';
    if (this.#restart !== null) this.#parts.clock.clearTimer(this.#restart);
    if (this.#server === null) {
      this.#finish(0);
      return;
    }
    if (isFirst) this.#watch(this.#drainMs + STOP_SPARE_MS, 'it did not stop in time');
    this.#server.kill(name);
  }

  #start(): void {
    this.#phase = 'starting';
    this.#isReady = false;
    this.#server = this.#parts.startServer({
      onMessage: (message) => this.#take(message),
      onDisconnected: () => this.#disconnected(),
      onExited: (code, signal) => this.#exited(code, signal),
    });
    this.#watch(START_MAX_MS, 'it did not listen in time');
  }

  #take(message: FromServer): void {
    if (this.#phase === 'stopping' || this.#phase === 'done') {
      if (message.kind === 'port.wanted') this.#server?.send({ kind: 'port.free', port: null });
      return;
    }
    switch (message.kind) {
      case 'port.wanted':
        this.#parts.standIn.close();
        this.#server?.send({ kind: 'port.free', port: this.#address?.port ?? null });
        return;
      case 'listening':
        this.#address = message.address;
        this.#drainMs = message.drainSeconds * 1000;
        this.#phase = 'serving';
        this.#watchBeats();
        this.#parts.standIn.endWaits('served');
        this.#parts.standIn.practise(message.address);
        this.#parts.note(
          'info',
          { event: 'server.started', pid: this.#server?.pid },
          'the server process listens',
        );
        return;
      case 'port.left':
        this.#parts.standIn.open(this.#address!);
        return;
      case 'ready':
        this.#isReady = true;
        this.#hasServed = true;
        return;
      case 'beat':
        this.#watchBeats();
    }
  }

  #watchBeats(): void {
    if (this.#phase === 'serving') this.#watch(SILENT_MAX_MS, 'its event loop stands');
  }

  #disconnected(): void {
    if (this.#phase === 'done') return;
    if (this.#phase !== 'stopping') {
      // Also of one that listened and was not ready: its callers were answered until now.
      if (this.#address !== null) this.#parts.standIn.open(this.#address);
      this.#watch(EXIT_MAX_MS, 'it does not exit');
    }
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#server = null;
    if (this.#deadline !== null) this.#parts.clock.clearTimer(this.#deadline);
    if (this.#phase === 'stopping') {
      // One that had not begun to listen to signals was ended by it.
      this.#finish(code ?? (signal === 'SIGTERM' || signal === 'SIGINT' ? 0 : 1));
      return;
    }
    // What it said itself about a wrong setting stands above, and a second try would say it again.
    if (!this.#hasServed && code !== null) {
      this.#finish(code);
      return;
    }
    const { clock, note, standIn } = this.#parts;
    if (this.#address !== null) standIn.open(this.#address);
    const ended = code === null ? (signal ?? 'it could not be started') : `exit code ${code}`;
    const decision = this.#policy.ended(clock.nowMs(), this.#isReady);
    if (decision.kind === 'give up') {
      const { ends, withinMs } = decision;
      this.#giveUp(
        `Expected the server to keep running, received ${ends} ends within ${Math.ceil(withinMs / 1000)} s (the last: ${ended}); it is not started again`,
      );
      return;
    }
    const { delayMs } = decision;
    note(
      'error',
      { event: 'server.lost', cause: ended, delayMs },
      'the server process ended; it is restarted',
    );
    this.#phase = 'waiting';
    this.#restart = clock.setTimer(Math.max(delayMs, RESTART_MIN_MS), () => this.#start());
  }

  /** Kills the server unless the next watch, or its exit, comes first. */
  #watch(delayMs: number, cause: string): void {
    const { clock, note } = this.#parts;
    if (this.#deadline !== null) clock.clearTimer(this.#deadline);
    this.#deadline = clock.setTimer(delayMs, () => {
      note('error', { event: 'server.killed', cause, durationMs: delayMs }, 'the server process is killed');
      this.#server?.kill('SIGKILL');
    });
  }

  #giveUp(message: string): void {
    this.#close();
    this.#reject(new TrunklineError('ERR_CRASH_LOOP', message));
  }

  #finish(code: number): void {
    this.#close();
    this.#resolve(code);
  }

  #close(): void {
    this.#phase = 'done';
    this.#parts.standIn.close();
    this.#parts.standIn.endWaits('over');
    if (this.#deadline !== null) this.#parts.clock.clearTimer(this.#deadline);
  }
}
