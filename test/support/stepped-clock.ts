/**
 * Preloaded into a server process (`NODE_OPTIONS=--import`): SIGUSR2 sets the wall clock of all its threads by `CLOCK_STEP_MS`,
 * as an operator or NTP would. The monotonic clock goes on.
 */
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const KEY = 'test: step of the wall clock';
const systemNow = Date.now;

const kept = getEnvironmentData(KEY);
const memory = kept instanceof SharedArrayBuffer ? kept : new SharedArrayBuffer(4);
const stepMs = new Int32Array(memory);
Date.now = () => systemNow() + Atomics.load(stepMs, 0);

if (isMainThread) {
  setEnvironmentData(KEY, memory);
  process.on('SIGUSR2', () => Atomics.store(stepMs, 0, Number(process.env['CLOCK_STEP_MS'])));
}
