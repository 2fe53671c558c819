/**
 * A thread that does nothing but write 4 KB and wait for the disk, again and again, in a file of its own beside the store:
 * what a commit can cost at the least, on this disk, in these minutes. Tells each wait; ends with its parent.
 */
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

const EVERY_MS = 200;
const BLOCK = new Uint8Array(4096).fill(0x55);
/** Over the same megabyte: the file does not grow with the run. */
const BLOCKS = 256;

const path = join((workerData as { readonly folder: string }).folder, 'disk-probe');
const file = openSync(path, 'w', 0o600);
let block = 0;
const timer = setInterval(() => {
  const startedAtMs = performance.now();
  writeSync(file, BLOCK, 0, BLOCK.length, (block++ % BLOCKS) * BLOCK.length);
  fdatasyncSync(file);
  parentPort?.postMessage(performance.now() - startedAtMs);
}, EVERY_MS);
parentPort?.once('message', () => {
  clearInterval(timer);
  closeSync(file);
  unlinkSync(path);
  process.exit();
});
