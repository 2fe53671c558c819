/** Entry of a call worker's thread (`CallWorkerStart` as workerData). All it does is in run-call-worker.ts. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { CallWorkerStart } from '../channel/worker-start.ts';
import { systemClock } from '../clock.ts';
import { loadBuiltinRecognizer } from '../speech/builtin/load-recognizer.ts';
import { runCallWorker } from './run-call-worker.ts';

runCallWorker({
  start: workerData as CallWorkerStart,
  port: parentPort as MessagePort,
  clock: systemClock,
  recognizer: await loadBuiltinRecognizer(),
});
