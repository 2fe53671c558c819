/** Entry of the store thread (`StoreWorkerStart` as workerData): opens the file, then serves every port it is given. */
import { setImmediate as endOfTick } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { FromStoreThread, StoreWorkerStart, ToStoreThread } from '../channel/store-messages.ts';
import { systemClock } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import { createLog } from '../log.ts';
import { SqliteStore } from './sqlite-store.ts';
import { StoreThread } from './store-thread.ts';

/** For what waits at the end: a lock of another process may take this long to go. */
const CLOSE_DEADLINE_MS = 3000;

const start = workerData as StoreWorkerStart;
const port = parentPort as MessagePort;
const log = createLog({ level: start.logLevel, logPii: start.logPii }).child({ workerId: 'store' });
const send = (message: FromStoreThread): void => port.postMessage(message);

try {
  const store = SqliteStore.open(start.path);
  const thread = new StoreThread({ store, isTransient: SqliteStore.isTransient, clock: systemClock, log });
  const abandonedCalls = await thread.abandonLostCalls(start.callLifeMs);
  port.on('message', (message: ToStoreThread) => {
    if (message.kind === 'store.client') {
      const client = message.port;
      client.on(
        'message',
        thread.addClient((answer) => client.postMessage(answer)),
      );
    } else {
      void close(store, thread);
    }
  });
  send({ kind: 'store.ready', engine: store.engine, abandonedCalls });
} catch (error) {
  send({ kind: 'store.failed', error: toErrorRecord(error) });
  process.exitCode = 1;
}

async function close(store: SqliteStore, thread: StoreThread): Promise<void> {
  // What clients posted before this message may stand behind it: let every port be read once.
  await endOfTick();
  const lostWrites = await thread.drain(CLOSE_DEADLINE_MS);
  if (lostWrites > 0)
    log.error({ event: 'store.lost', lostWrites }, 'records were lost: the store did not return');
  store.close();
  // Clients' ports would keep this thread alive.
  process.exit(0);
}
