/** The recordings' thread, which dies as soon as a file named `die` lies in its folder, and takes that sign with it. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import type { RecordWorkerStart } from '../../src/channel/record-messages.ts';
import '../../src/recordings/record-worker.ts';

const sign = join((workerData as RecordWorkerStart).folder, 'die');
setInterval(() => {
  if (!existsSync(sign)) return;
  rmSync(sign);
  process.exit(3);
}, 20).unref();
