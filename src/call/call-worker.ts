/** Entry of a call worker's thread (`CallWorkerStart` as workerData). All it does is in run-call-worker.ts. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { CallWorkerStart, FromWorker } from '../channel/worker-start.ts';
import { systemClock } from '../clock.ts';
import { loadCallSpeech } from '../speech/call-speech.ts';
import { runCallWorker } from './run-call-worker.ts';

const start = workerData as CallWorkerStart;
const port = parentPort as MessagePort;
const speech = await loadCallSpeech({
  settings: start.settings.speech,
  clock: systemClock,
  tell: (health) => port.postMessage(health satisfies FromWorker),
});
runCallWorker({ start, port, clock: systemClock, speech });
