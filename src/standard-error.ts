/**
 * Standard error as something that never holds a thread up. Any thread; each has a descriptor of its own where it can.
 *
 * A pipe whose reader stands still, or a stopped terminal, blocks whoever writes to it: `write` from the I/O thread stops
 * all audio; from Node's pool it takes one of the pool's four threads, and with each call worker's another, until no host
 * name is looked up any more; and at the end no exit comes through. So it is written to without blocking. A file cannot be:
 * what is written to it waits for the disk in the pool, one chunk a thread.
 */
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { systemClock } from './clock.ts';
import { LogOutput, type LogSink } from './log-output.ts';

const STDERR = 2;

/**
 * The one of this thread. `tellOfLoss`: may write to it that `lines` were lost, the first of them `durationMs` ago; the
 * latest that was given is asked.
 */
export function standardError(tellOfLoss: LossTeller): LogOutput {
  teller = tellOfLoss;
  output ??= open();
  return output;
}

/** Lines that were lost since the start, of all threads. */
export function lostLogLines(): number {
  return Atomics.load(lost, 0);
}

type LossTeller = (lines: number, durationMs: number) => void;

let teller: LossTeller;
let output: LogOutput | null = null;

function open(): LogOutput {
  const opened = new LogOutput({
    sink: isFile() ? fileSink(STDERR) : streamSink(openUnblocked()),
    clock: systemClock,
    onLost: () => void Atomics.add(lost, 0, 1),
    onRecovered: (lines, durationMs) => teller(lines, durationMs),
  });
  process.on('exit', () => opened.flushAtExit());
  return opened;
}

/** One count for the process, since it has one standard error: threads that are made later are given the same memory. */
const LOST = 'trunkline: lost lines of the log';
const lost = new Int32Array(lostMemory());

function lostMemory(): SharedArrayBuffer {
  const kept = getEnvironmentData(LOST);
  if (kept instanceof SharedArrayBuffer) return kept;
  const memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  if (isMainThread) setEnvironmentData(LOST, memory);
  return memory;
}

function isFile(): boolean {
  try {
    return fstatSync(STDERR).isFile();
  } catch {
    return false;
  }
}

/**
 * The same pipe or terminal, opened once more: that it does not block is then a matter of ours alone, not of the parent's
 * whose descriptor this is. A socket (journald's), or a pipe of another user's, cannot be opened again: there Node makes
 * the descriptor itself non-blocking when its own stream over it is made, and takes that back at exit.
 */
function openUnblocked(): number {
  try {
    return openSync(
      `/proc/self/fd/${STDERR}`,
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch {
    if (isMainThread) void process.stderr;
    return STDERR;
  }
}

function streamSink(descriptor: number): LogSink {
  return {
    write(bytes, done) {
      let taken: number;
      try {
        taken = writeSync(descriptor, bytes);
      } catch (thrown) {
        done(thrown as NodeJS.ErrnoException, 0);
        return;
      }
      done(null, taken);
    },
    writeSync: (bytes) => writeSync(descriptor, bytes),
  };
}

function fileSink(descriptor: number): LogSink {
  return {
    write: (bytes, done) =>
      write(descriptor, bytes, 0, bytes.length, null, (error, taken) => done(error, taken ?? 0)),
    writeSync: (bytes) => writeSync(descriptor, bytes),
  };
}
