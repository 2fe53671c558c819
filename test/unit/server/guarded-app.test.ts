import type { TemplatedApp, WebSocket, WebSocketBehavior } from 'uWebSockets.js';
import { getHeapStatistics } from 'node:v8';
import { expect, it } from 'vitest';
import { FaultCounters } from '../../../src/server/fault-counters.ts';
import { GuardedApp, type SocketRoute } from '../../../src/server/guarded-app.ts';
import { QuietLog } from '../../../src/server/quiet-log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

/** What is registered with uWebSockets.js for a socket route. */
function behaviorOf(route: SocketRoute<object>): WebSocketBehavior<unknown> {
  let behavior: WebSocketBehavior<unknown> = {};
  const app = {
    any() {},
    ws(_path: string, registered: WebSocketBehavior<unknown>) {
      behavior = registered;
    },
  } as unknown as TemplatedApp;
  const log = new QuietLog(silentLog, new FakeClock());
  new GuardedApp({ app, log, faults: new FaultCounters(), sockets: new Set() }).socket('/ws/:x', route);
  return behavior;
}

it('allocates nothing for a message, a drain or a ping', () => {
  const nothing = () => {};
  const route: SocketRoute<object> = {
    accept: () => ({}),
    open: nothing,
    message: nothing,
    drain: nothing,
    ping: nothing,
    pong: nothing,
    dropped: nothing,
    close: nothing,
  };
  const { drain, message, open, ping } = behaviorOf(route);
  const kept = { attachment: {}, openSocket: null, hasFaulted: false };
  const socket = { getUserData: () => kept } as unknown as WebSocket<unknown>;
  const bytes = new ArrayBuffer(8);
  void open!(socket);
  const run = (messages: number) => {
    for (let count = 0; count < messages; count++) {
      void message!(socket, bytes, false);
      drain!(socket);
      void ping!(socket, bytes);
    }
  };
  run(100);
  // A collection in between only makes a round look smaller, so the largest of three counts.
  const grownBytes = [0, 0, 0].map(() => {
    const before = getHeapStatistics().used_heap_size;
    run(3000);
    return getHeapStatistics().used_heap_size - before;
  });
  // A closure a message would be 200 KB and more.
  expect(Math.max(...grownBytes)).toBeLessThan(100_000);
});
