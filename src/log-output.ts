/**
 * Where the log's lines leave this thread. Whoever reads them may be slow, stopped or gone, and the disk may be full: no
 * thread waits for that, and none ends of it. Lines are kept to a bound meanwhile; beyond it the newest are lost, counted,
 * and told of as soon as something can be said again. One a thread.
 *
 *     open --EAGAIN: the reader is behind-------------> held --some ms later, taken--> open, and "lines were lost"
 *          --ENOSPC, EIO, EPIPE: the disk, the reader-> held --a second later, refused--> held
 */
import type { Clock, Timer } from './clock.ts';

/** What takes bytes. */
export interface LogSink {
  /** Gives the bytes that were taken, or an error and 0. May do so before it returns. Never waits for a reader. */
  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, taken: number) => void): void;
  /** The bytes that were taken. Throws what the system says. Never waits for a reader. */
  writeSync(bytes: Buffer): number;
}

export interface LogOutputParts {
  readonly sink: LogSink;
  readonly clock: Clock;
  /** A line had to be dropped. */
  readonly onLost: () => void;
  /** There is room again after `lines` were lost, the first of them `durationMs` ago. May write. */
  readonly onRecovered: (lines: number, durationMs: number) => void;
}

/** Some 5,000 lines: what a thread says in minutes. */
export const QUEUE_BYTES_MAX = 1 << 20;
/**
 * PIPE_BUF of Linux: what is no longer than this a pipe takes whole or not at all, so lines of several threads do not
 * break into each other.
 */
const CHUNK_BYTES_MAX = 4096;
/** What a pipe holds by itself; more in one turn of the loop would hold up what else there is to do. */
const TURN_BYTES_MAX = 65_536;
const TURN_PAUSE_MS = 5;
const BEHIND_RETRY_MS = 20;
const REFUSED_RETRY_MS = 1000;
const TELL_EVERY_MS = 10_000;
/** At the end of the process: so long a reader may take nothing before the rest is given up. */
const FLUSH_STALL_MS = 500;
const FLUSH_RETRY_MS = 5;

export class LogOutput {
  readonly #parts: LogOutputParts;
  #lines: string[] = [];
  #bytes = 0;
  /** The rest of a chunk that was taken in part. */
  #rest: Buffer | null = null;
  #isWriting = false;
  #retry: Timer | null = null;
  #lost = 0;
  #lostSinceMs = 0;

  constructor(parts: LogOutputParts) {
    this.#parts = parts;
  }

  /** A whole line with its line feed. Never throws, never waits. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > QUEUE_BYTES_MAX) {
      this.#lose();
      return;
    }
    this.#lines.push(line);
    this.#bytes += bytes;
    this.#pump();
  }

  /**
   * For this thread's last words: writes what waits, as long as it is taken. What has been handed to the system is on its
   * way and not written again. Never throws; waits `FLUSH_STALL_MS` for a reader that is behind. Not named `flushSync`: pino
   * would call that at every fatal line, while callers are on.
   */
  flushAtExit(): void {
    const { clock, sink } = this.#parts;
    let untilMs = clock.nowMs() + FLUSH_STALL_MS;
    for (;;) {
      const chunk = this.#take();
      if (chunk === null) return;
      try {
        const taken = sink.writeSync(chunk);
        this.#keepRest(chunk, taken);
        untilMs = clock.nowMs() + FLUSH_STALL_MS;
      } catch (thrown) {
        this.#keepRest(chunk, 0);
        if (!isBehind(thrown as NodeJS.ErrnoException) || clock.nowMs() >= untilMs) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FLUSH_RETRY_MS);
      }
    }
  }

  #pump(): void {
    let bytes = 0;
    while (!this.#isWriting && this.#retry === null) {
      const chunk = this.#take();
      if (chunk === null) return;
      bytes += chunk.length;
      this.#isWriting = true;
      let isInTurn = true;
      this.#parts.sink.write(chunk, (error, taken) => {
        this.#isWriting = false;
        this.#keepRest(chunk, taken);
        if (error !== null) this.#pumpIn(isBehind(error) ? BEHIND_RETRY_MS : REFUSED_RETRY_MS);
        else if (this.#isTimeToTell()) this.#recovered();
        if (!isInTurn) this.#pump();
      });
      isInTurn = false;
      if (bytes >= TURN_BYTES_MAX) this.#pumpIn(TURN_PAUSE_MS);
    }
  }

  #pumpIn(delayMs: number): void {
    this.#retry ??= this.#parts.clock.setTimer(delayMs, () => {
      this.#retry = null;
      this.#pump();
    });
  }

  /** Whole lines as one chunk, or what is left of the last; null: nothing waits. */
  #take(): Buffer | null {
    if (this.#rest !== null) {
      const rest = this.#rest;
      this.#rest = null;
      this.#bytes -= rest.length;
      return rest;
    }
    let count = 0;
    let bytes = 0;
    while (count < this.#lines.length) {
      const lineBytes = Buffer.byteLength(this.#lines[count]!);
      if (count > 0 && bytes + lineBytes > CHUNK_BYTES_MAX) break;
      bytes += lineBytes;
      count += 1;
    }
    if (count === 0) return null;
    this.#bytes -= bytes;
    return Buffer.from(this.#lines.splice(0, count).join(''));
  }

  #keepRest(chunk: Buffer, taken: number): void {
    if (taken >= chunk.length) return;
    this.#rest = chunk.subarray(taken);
    this.#bytes += this.#rest.length;
  }

  #lose(): void {
    if (this.#lost === 0) this.#lostSinceMs = this.#parts.clock.nowMs();
    this.#lost += 1;
    this.#parts.onLost();
  }

  /** When all that was kept is out; or where a slow reader never lets it come to that, now and then. */
  #isTimeToTell(): boolean {
    if (this.#lost === 0) return false;
    return this.#bytes === 0 || this.#parts.clock.nowMs() - this.#lostSinceMs >= TELL_EVERY_MS;
  }

  #recovered(): void {
    const lines = this.#lost;
    this.#lost = 0;
    this.#parts.onRecovered(lines, Math.round(this.#parts.clock.nowMs() - this.#lostSinceMs));
  }
}

function isBehind(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EAGAIN' || error.code === 'EBUSY';
}
