/**
 * Entry of the store thread (`StoreWorkerStart` as workerData): opens the file or the database, then serves every port it
 * is given.
 */
import { setImmediate as endOfTick, setTimeout as sleep } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { carrierRequests } from '../carrier-request.ts';
import type {
  FromStoreThread,
  StoreThreadHealth,
  StoreWorkerStart,
  StoreWrite,
  ToStoreThread,
} from '../channel/store-messages.ts';
import { systemClock } from '../clock.ts';
import { carrierCalls } from '../dialing/carrier-calls.ts';
import { Dialer } from '../dialing/dialer.ts';
import { StoreError, toErrorRecord } from '../errors.ts';
import { createLog } from '../log.ts';
import { meterLoop } from '../meter/loop-lateness.ts';
import { ThreadMeter } from '../meter/thread-meter.ts';
import { ResultCourier } from '../results/result-courier.ts';
import { postResult } from '../results/result-post.ts';
import { HangUpBox } from './hang-up-box.ts';
import { Lease } from './lease.ts';
import { NodeRegistry } from './node-registry.ts';
import { openEngine } from './open-engine.ts';
import { Outbox } from './outbox.ts';
import { Retention } from './retention.ts';
import type { SqlEngine } from './sql-engine.ts';
import { HANG_UP_CHANNEL, SqlStore } from './sql-store.ts';
import { SETTLE_MS } from './store-statements.ts';
import { StoreThread } from './store-thread.ts';

/** For what waits at the end: a lock of another process may take this long to go. */
const CLOSE_DEADLINE_MS = 3000;
const OTHERS_DEADLINE_MS = 1500;
/** More than a dialer takes one for. */
const DIAL_LEASE_MAX_MS = 60_000;
const ALWAYS_HELD = { hold: () => Promise.resolve(true), release: () => Promise.resolve() };
/** How old what `/readyz` says of the store may be. */
const HEALTH_EVERY_MS = 500;

const start = workerData as StoreWorkerStart;
const port = parentPort as MessagePort;
const log = createLog({ level: start.logLevel, logPii: start.logPii, workerId: 'store' });
const send = (message: FromStoreThread): void => port.postMessage(message);
const meter = new ThreadMeter(start.meter);

try {
  const engine = await openEngine(start, log);
  const store = new SqlStore(engine, {
    ...(start.nodeId === undefined ? {} : { nodeId: start.nodeId }),
    keepsResults: start.results != null,
  });
  const courier = courierFor(new Outbox(engine, store.nodeId));
  const registry = await registryFor(engine, store);
  const ask: OwnClient = { now: () => Promise.reject(new StoreError('Expected a store that is open')) };
  const dialer = dialerFor(engine, store, ask);
  const hangUps =
    start.database == null ? new HangUpBox({ engine, onHangUp, clock: systemClock, log }) : null;
  const retention =
    start.keepDays == null
      ? null
      : new Retention({
          engine,
          keepDays: start.keepDays,
          sendsResults: start.results != null,
          clock: systemClock,
          log,
        });
  const thread = new StoreThread({
    store,
    dials: store.dials,
    clock: systemClock,
    log,
    meter,
    onWritten: (writes) => written(writes, { courier, dialer, hangUps }),
  });
  ask.now = ownClient(thread);
  const abandonedCalls = await thread.abandonLostCalls(start.callLifeMs);
  port.on('message', (message: ToStoreThread) => {
    if (message.kind === 'store.client') {
      const client = message.port;
      client.on(
        'message',
        thread.addClient((answer) => client.postMessage(answer)),
      );
    } else if (message.kind === 'store.node') {
      registry?.report(message.liveCalls, message.isDraining);
    } else if (message.kind === 'store.room') {
      dialer?.hasRoom(message.calls);
    } else {
      hangUps?.close();
      retention?.close();
      void close(store, thread, [courier, dialer, registry]);
    }
  });
  send({ kind: 'store.ready', engine: store.engine, abandonedCalls });
  courier?.begin();
  dialer?.begin();
  registry?.begin();
  hangUps?.begin();
  retention?.begin();
  tellHealth(thread, { lateWrites: 0, refusedWrites: 0 });
  if (start.meter !== undefined) meterLoop(systemClock, meter);
} catch (error) {
  send({ kind: 'store.failed', error: toErrorRecord(error) });
  process.exitCode = 1;
}

/** Looks for as long as the thread lives; says something when it has changed. */
function tellHealth(thread: StoreThread, told: StoreThreadHealth): void {
  systemClock.setTimer(HEALTH_EVERY_MS, () => {
    const { health } = thread;
    const isNew = health.lateWrites !== told.lateWrites || health.refusedWrites !== told.refusedWrites;
    if (isNew) send({ kind: 'store.health', health });
    tellHealth(thread, health);
  });
}

/** Null where results go nowhere. */
function courierFor(outbox: Outbox): ResultCourier | null {
  if (start.results == null) return null;
  const parts = { ...start.results, clock: systemClock };
  return new ResultCourier({
    outbox,
    post: (delivery) => postResult(delivery, parts),
    clock: systemClock,
    log,
  });
}

/** Null where no calls are placed. */
function dialerFor(engine: SqlEngine, store: SqlStore, ask: OwnClient): Dialer | null {
  const { dialing } = start;
  if (dialing == null) return null;
  const { nodeId } = store;
  return new Dialer({
    dials: store.dials,
    // A file has one server, and a process that comes after one that died need not wait for it.
    lease:
      start.database == null
        ? ALWAYS_HELD
        : new Lease(engine, { name: 'dials', nodeId, leaseMaxMs: DIAL_LEASE_MAX_MS }),
    carrier: carrierCalls(carrierRequests(dialing), dialing.publicUrl),
    write: (write) => ask.now(write),
    onMachine: (callSid) => {
      // The others, too: the call may be on any node.
      send({ kind: 'store.machine', callSid });
      void ask.now({ kind: 'machine', callSid }).catch(() => {});
    },
    rateHz: dialing.rateHz,
    clock: systemClock,
    log,
  });
}

/** Null where there is but one node. */
async function registryFor(engine: SqlEngine, store: SqlStore): Promise<NodeRegistry | null> {
  if (start.database == null) return null;
  // Not a static import: with it comes the driver, and a file needs none.
  const { ChannelListener } = await import('./channel-listener.ts');
  return new NodeRegistry({
    engine,
    statements: store.statements,
    nodeId: store.nodeId,
    url: start.nodeUrl ?? '',
    listener: new ChannelListener({
      url: start.database.url,
      channel: HANG_UP_CHANNEL,
      onMessage: onHangUp,
      clock: systemClock,
      log,
    }),
    clock: systemClock,
    log,
  });
}

/** A CallSid, or `machine` and one. */
function onHangUp(said: string): void {
  const [what, callSid] = said.startsWith('machine ')
    ? (['machine', said.slice('machine '.length)] as const)
    : (['hang-up', said] as const);
  send({ kind: `store.${what}`, callSid });
}

/** This thread's own writes, in order with those of everybody else. */
interface OwnClient {
  now: (write: StoreWrite) => Promise<unknown>;
}

function ownClient(thread: StoreThread): OwnClient['now'] {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  const request = thread.addClient((answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) asked?.resolve(answer.value);
    else asked?.reject(new StoreError(answer.error.message));
  });
  return (write) => {
    lastId += 1;
    const asked = Promise.withResolvers<unknown>();
    waiting.set(lastId, asked);
    request({ id: lastId, ask: write });
    return asked.promise;
  };
}

interface WhoeverActs {
  readonly courier: ResultCourier | null;
  readonly dialer: Dialer | null;
  readonly hangUps: HangUpBox | null;
}

/** Whoever must act on what was just committed. */
function written(writes: readonly StoreWrite[], { courier, dialer, hangUps }: WhoeverActs): void {
  if (writes.some(({ kind }) => kind === 'finish' || kind === 'dial.news')) courier?.finished(SETTLE_MS);
  if (writes.some(({ kind }) => kind === 'dial')) dialer?.asked();
  if (writes.some(({ kind }) => kind === 'hang-up')) void hangUps?.look();
}

async function close(
  store: SqlStore,
  thread: StoreThread,
  others: readonly ({ close(): Promise<void> } | null)[],
): Promise<void> {
  // A try that is on its way may end; one that is cut short is made again under the same key.
  const othersGone = Promise.race([
    Promise.all(others.map((other) => other?.close())),
    sleep(OTHERS_DEADLINE_MS),
  ]);
  // What clients posted before this message may stand behind it: let every port be read once.
  await endOfTick();
  const lostWrites = await thread.drain(CLOSE_DEADLINE_MS);
  if (lostWrites > 0)
    log.error({ event: 'store.lost', lostWrites }, 'records were lost: the store did not return');
  await othersGone;
  await store.close();
  // Clients' ports would keep this thread alive.
  process.exit(0);
}
