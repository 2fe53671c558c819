/** Entry of the recordings' thread (`RecordWorkerStart` as workerData): writes what comes, and removes what is old. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { FromRecordThread, RecordWorkerStart, ToRecordWorker } from '../channel/record-messages.ts';
import { systemClock } from '../clock.ts';
import { createLog } from '../log.ts';
import { RecordThread } from './record-thread.ts';
import { Retention } from './retention.ts';

const start = workerData as RecordWorkerStart;
const port = parentPort as MessagePort;
const log = createLog({ level: start.logLevel, logPii: start.logPii }).child({ workerId: 'recordings' });
const thread = new RecordThread(start.folder, log, (message: FromRecordThread) => port.postMessage(message));
const retention = new Retention({
  folder: start.folder,
  keepDays: start.keepDays,
  clock: systemClock,
  log,
});

void retention.begin();
port.on('message', ({ messages }: ToRecordWorker) => {
  thread.receive(messages);
  if (!messages.some(({ kind }) => kind === 'close')) return;
  retention.close();
  thread.close();
  port.close();
});
