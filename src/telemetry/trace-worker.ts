/**
 * Entry of the trace thread (`TraceWorkerStart` as workerData): takes what call workers tell of their turns, and exports it.
 * A thread of its own, there only where traces are wanted: to encode and send is some ms at a time, which neither audio nor
 * a commit nor a prompt should wait for, and should it stall or die, nobody's call is the poorer.
 */
import { setImmediate as endOfTick } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type {
  ToTraceThread,
  ToTraceWorker,
  TracePortStart,
  TraceWorkerStart,
} from '../channel/trace-messages.ts';
import { systemClock } from '../clock.ts';
import { createLog } from '../log.ts';
import { meterLoop } from '../meter/loop-lateness.ts';
import { ThreadMeter } from '../meter/thread-meter.ts';
import { OtlpPost } from './otlp-post.ts';
import { SpanQueue } from './span-queue.ts';
import { toSpans } from './to-spans.ts';

/** For what waits at the end. */
const CLOSE_DEADLINE_MS = 2000;

const start = workerData as TraceWorkerStart;
const port = parentPort as MessagePort;
const meter = new ThreadMeter(start.meter);
const { headers, nodeId, serviceName, url } = start;
const post = new OtlpPost({
  url,
  headers,
  resource: { serviceName, nodeId },
  log: createLog({ level: start.logLevel, logPii: start.logPii, workerId: 'trace' }),
});
const queue = new SpanQueue({
  clock: systemClock,
  send: (spans) => post.send(spans),
  onExported: (spans) => meter.add('spansExported', spans),
  onDropped: (spans) => meter.add('spansDropped', spans),
});
meterLoop(systemClock, meter);

port.on('message', (message: ToTraceWorker) => {
  if (message.kind === 'trace.client') take(message.client);
  else void close();
});

async function close(): Promise<void> {
  // What workers posted before may stand behind this message: let every port be read once.
  await endOfTick();
  await queue.close(CLOSE_DEADLINE_MS);
  // Clients' ports would keep this thread alive.
  process.exit(0);
}

function take({ port: client, untaken }: TracePortStart): void {
  const cell = new Int32Array(untaken);
  client.on('message', (message: ToTraceThread) => {
    Atomics.sub(cell, 0, 1);
    queue.add(toSpans(message));
  });
}
