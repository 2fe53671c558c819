import { expect, it } from 'vitest';
import type { ToTraceThread } from '../../../src/channel/trace-messages.ts';
import { TracePort } from '../../../src/channel/trace-port.ts';

const MESSAGE = { kind: 'call' } as ToTraceThread;

it('posts no more than the other side may have untaken, and tells of each that it drops', () => {
  const untaken = new SharedArrayBuffer(4);
  let posted = 0;
  let dropped = 0;
  const port = new TracePort({ port: { postMessage: () => posted++ }, untaken }, () => dropped++);
  for (let at = 0; at < 1500; at++) port.post(MESSAGE);
  expect([posted, dropped]).toEqual([1024, 476]);
  Atomics.sub(new Int32Array(untaken), 0, 1);
  port.post(MESSAGE);
  port.post(MESSAGE);
  expect([posted, dropped]).toEqual([1025, 477]);
});
