/** The store thread, which dies as soon as a file named `die` lies beside its own. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import type { StoreWorkerStart } from '../../src/channel/store-messages.ts';
import '../../src/store/store-worker.ts';

const sign = join(dirname((workerData as StoreWorkerStart).path), 'die');
setInterval(() => {
  if (existsSync(sign)) process.exit(3);
}, 20);
