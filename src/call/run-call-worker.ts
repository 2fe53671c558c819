/**
 * A call worker: many live calls on one thread, each ending for itself. It builds what the calls share, warms up, says
 * `worker.ready`, and routes messages to calls. The entry that a Worker is made from is call-worker.ts; a test's entry
 * calls the same function with a recognizer of its own.
 */
import type { MessagePort } from 'node:worker_threads';
import type { CallId, CallStart, FromCall, ToCall } from '../channel/messages.ts';
import { BatchedPort } from '../channel/port.ts';
import type { CallWorkerStart, FromWorker, ToWorker } from '../channel/worker-start.ts';
import type { Clock } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import { type FlowSet, flowFor } from '../flow/flow-set.ts';
import { initialState } from '../flow/initial-state.ts';
import { step } from '../flow/step.ts';
import { createLog, type Log } from '../log.ts';
import type { CallSpeech } from '../speech/call-speech.ts';
import { PromptWants } from '../speech/prompt-wants.ts';
import { StoreClient } from '../store/store-client.ts';
import { Arrivals } from './arrivals.ts';
import { Call, type CallParts } from './call.ts';
import { EarlierFlows } from './earlier-flows.ts';
import { scriptOf } from './flow-script.ts';
import { HealthBeat } from './health-beat.ts';
import { recordedCall } from './recorded-call.ts';
import { TimedCalls } from './timed-calls.ts';

export interface CallWorkerOptions {
  readonly start: CallWorkerStart;
  /** The worker's own port to the I/O thread. */
  readonly port: MessagePort;
  readonly clock: Clock;
  /** Loaded, and warm: the first utterance must not pay for it. */
  readonly speech: CallSpeech;
}

/** Says `worker.ready` before it returns. Whatever no call catches ends this thread with `worker.failed`. */
export function runCallWorker(options: CallWorkerOptions): void {
  const { start, port, clock } = options;
  const { settings } = start;
  const log = createLog({
    level: settings.logLevel,
    logPii: settings.logPii,
    workerId: start.workerIndex,
  });
  const store = new StoreClient(start.storePort, { clock, log });
  const timed = new TimedCalls(start.telemetry, clock);
  const health = new HealthBeat(start.health, clock, (lateMs) => timed.loopWasLate(lateMs));
  exitOnStrayError(port, log, health);
  const flows = start.flows as FlowSet;
  const calls = new Map<CallId, Pick<Call, 'begin' | 'receive'>>();
  const toMain = new BatchedPort<FromCall>(port, {
    onRefused: (message, error) => {
      log.error({ event: 'message.refused', kind: message.kind, err: error }, 'a message could not cross');
      if (message.kind !== 'call.failed') toMain.post({ kind: 'call.failed', callId: message.callId, error });
    },
  });
  const parts: CallParts = {
    clock,
    log,
    store,
    ...options.speech,
    wants: new PromptWants((wanted) => start.voicePort.postMessage(wanted), start.readyPromptKeys),
    scriptFor: (call) => scriptOf(flowOf(call), call),
    post: (message) => {
      toMain.post(message);
      // The store is told at once, and so must the I/O thread be: this thread may not live to the end of the tick.
      if (message.kind === 'snapshot') toMain.flush();
    },
    serve: (callId, work) => health.serve(callId, work),
    onClosed: (callId) => {
      calls.delete(callId);
      const counts = options.speech.tally.take();
      if (counts.length > 0) port.postMessage({ kind: 'vendor.counts', counts } satisfies FromWorker);
    },
  };
  const partsOf = (callId: CallId): CallParts => {
    const { recognizer } = parts;
    return { ...parts, recognizer: recognizer.forCall?.(callId) ?? recognizer };
  };
  const earlier = new EarlierFlows(flows, (hash) => store.loadFlow(hash), log);
  const flowOf = (call: CallStart): Flow => earlier.flowOf(call) ?? flowFor(flows, call.to);
  const arrivals = new Arrivals(earlier, (message) => admit(message));
  const receive = (message: ToCall): void => {
    if (!arrivals.holds(message)) admit(message);
  };
  const admit = (message: ToCall): void => {
    const { callId } = message;
    const call = calls.get(callId);
    if (call !== undefined) {
      call.receive(message);
    } else if (message.kind === 'call.started') {
      const isRecorded = message.call.recordedFromMs !== undefined;
      const begun = timed.begin(message.call, partsOf(callId), (timedParts) =>
        isRecorded
          ? recordedCall(callId, message.call, timedParts, flowOf(message.call))
          : new Call(callId, message.call, timedParts),
      );
      calls.set(callId, begun);
      begun.begin();
    }
    // Anything else is for a call that has ended: its last messages crossed ours.
  };
  warmUp(flows);
  port.on('message', (batch: ToWorker) => {
    for (const message of batch.messages) {
      health.beat();
      receive(message);
    }
  });
  port.postMessage({ kind: 'worker.ready' } satisfies FromWorker);
}

/** One question of the default flow, asked of nobody: compiles what the first caller would wait for. */
function warmUp(flows: FlowSet): void {
  const call = { from: '', to: '', variables: {} };
  step(flows.default, initialState(flows.default, call), { kind: 'started', ...call });
}

/** No call may be trusted after an error that none of them caught: the pool starts a fresh worker. */
function exitOnStrayError(port: MessagePort, log: Log, health: HealthBeat): void {
  const exit = (thrown: unknown): void => {
    health.suspect();
    log.fatal({ event: 'worker.failed', err: thrown }, 'a call worker failed');
    port.postMessage({ kind: 'worker.failed', error: toErrorRecord(thrown) } satisfies FromWorker);
    process.exit(1);
  };
  process.on('uncaughtException', exit);
  process.on('unhandledRejection', exit);
}
