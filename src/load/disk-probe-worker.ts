/**
 * A thread that does nothing but write 4 KB and wait for the disk, again and again, in a file of its own beside the store:
 * what a commit can cost at the least, on this disk, in these minutes. Tells each write; ends with its parent.
 */
import { closeSync, fdatasyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { DiskWrite } from './beyond-disk.ts';

/** A stall of the disk is seen to within so much. */
const PAUSE_MIN_MS = 20;
/** Under a disk that takes 200 ms for a write, the last that the next rule holds for. */
const PAUSE_MAX_MS = 2000;
/** A slow disk is left to the store for ten elevenths of the time. */
const PAUSE_FACTOR = 10;
const NS_PER_MS = 1e6;
const BLOCK = new Uint8Array(4096).fill(0x55);
/** Over the same megabyte: the file does not grow with the run. */
const BLOCKS = 256;

const path = join((workerData as { readonly folder: string }).folder, 'disk-probe');
const file = openSync(path, 'w', 0o600);
let block = 0;
let lastMs = 0;
let timer = setTimeout(write, PAUSE_MIN_MS);

function write(): void {
  const queuedBeforeMs = cpuQueueMs();
  const startedAtMs = nowMs();
  writeSync(file, BLOCK, 0, BLOCK.length, (block++ % BLOCKS) * BLOCK.length);
  fdatasyncSync(file);
  // On a full machine a thread waits for a core when its write is done: that was not the disk.
  const endedAtMs = Math.max(startedAtMs, nowMs() - (cpuQueueMs() - queuedBeforeMs));
  parentPort?.postMessage({ startedAtMs, endedAtMs } satisfies DiskWrite);
  const tookMs = endedAtMs - startedAtMs;
  // Of two, so that one stall does not hide the next.
  const pauseMs = PAUSE_FACTOR * Math.min(tookMs, lastMs);
  lastMs = tookMs;
  timer = setTimeout(write, Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, pauseMs)));
}

/** The machine's monotonic clock, which the callers' processes read too. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / NS_PER_MS;
}

/** How long this thread has been ready to run and had no core (Linux: proc(5), schedstat); 0 where that is not told. */
function cpuQueueMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / NS_PER_MS;
  } catch {
    return 0;
  }
}

parentPort?.once('message', () => {
  clearTimeout(timer);
  closeSync(file);
  unlinkSync(path);
  process.exit();
});
