/**
 * A call worker for tests of the pool: it beats and reports as the real one does, and does on cue, by the number that was
 * called, what the real one never should.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromCall, ToCall } from '../../src/channel/messages.ts';
import {
  type CallWorkerStart,
  type FromWorker,
  HEALTH,
  type ToWorker,
} from '../../src/channel/worker-start.ts';

/** Called number -> what the worker does with the call. */
export const CUES = {
  talk: '+15550000001',
  throw: '+15550000002',
  exit: '+15550000003',
  spin: '+15550000004',
  fail: '+15550000005',
  grow: '+15550000006',
  finish: '+15550000007',
  transfer: '+15550000008',
  silent: '+15550000009',
  growMap: '+15550000010',
  growArray: '+15550000011',
  growBuffers: '+15550000012',
  lastWords: '+15550000013',
} as const;

/** What the cue `grow` keeps. */
const kept: unknown[] = [];

function say(messages: readonly FromCall[]): void {
  parentPort!.postMessage({ kind: 'batch', messages } satisfies FromWorker);
}

/** Without a pause: all that sees it is the look at its memory from outside. */
function growForEver(cue: string): never {
  const map = new Map<number, number>();
  const array: number[] = [];
  kept.push(map, array);
  for (let at = 0; ; at++) {
    if (cue === CUES.growMap) map.set(at, at + 0.5);
    else if (cue === CUES.growArray) array.push(at + 0.5);
    else kept.push(Buffer.alloc(2 ** 20, 1));
  }
}

function takeCall(message: ToCall & { kind: 'call.started' }): void {
  const { call, callId } = message;
  switch (call.to) {
    case CUES.throw:
      throw new Error('thrown on cue');
    case CUES.exit:
      process.exit(3);
      break;
    case CUES.spin:
      for (;;);
    case CUES.fail:
      say([{ kind: 'call.failed', callId, error: { name: 'Error', code: 'ERR_X', message: 'on cue' } }]);
      return;
    case CUES.grow:
      // About 160 MB of heap, kept: over the limit of the test, under the one at which V8 ends the thread itself.
      for (let array = 0; array < 20_000; array++) kept.push(new Array(1000).fill(array));
      return;
    case CUES.growMap:
    case CUES.growArray:
    case CUES.growBuffers:
      growForEver(call.to);
      break;
    case CUES.lastWords:
      say([{ kind: 'snapshot', callId, state: 'last' }]);
      say([{ kind: 'play', callId, playId: 1, promptKey: 'x', bargeIn: true }]);
      process.exit(3);
      break;
    case CUES.finish:
      say([{ kind: 'finish', callId, reason: 'completed', disposition: { kind: 'hangup' } }]);
      return;
    case CUES.transfer: {
      const disposition = {
        kind: 'transfer',
        transfer: { to: '+15551234567', whisper: '', ringSeconds: 20 },
      } as const;
      say([{ kind: 'finish', callId, reason: 'transferred', disposition }]);
      return;
    }
    case CUES.silent:
      return;
    default:
      say([
        { kind: 'snapshot', callId, state: { resumedFrom: call.state, attempt: call.attempt } },
        { kind: 'play', callId, playId: 1, promptKey: 'greeting', bargeIn: true },
      ]);
  }
}

/** What a test asks for in place of flows. */
export interface TestWorkerFlows {
  readonly failToStart?: boolean;
  /** Workers from this index on. */
  readonly failToStartFrom?: number;
}

if (parentPort !== null) {
  const start = workerData as CallWorkerStart;
  const { failToStart, failToStartFrom } = (start.flows as TestWorkerFlows | null) ?? {};
  if (failToStart === true || start.workerIndex >= (failToStartFrom ?? Number.POSITIVE_INFINITY)) {
    throw new Error('no start on cue');
  }
  const health = new Int32Array(start.health);
  setInterval(() => Atomics.add(health, HEALTH.beat, 1), 20);
  parentPort.on('message', (batch: ToWorker) => {
    for (const message of batch.messages) {
      Atomics.add(health, HEALTH.beat, 1);
      Atomics.store(health, HEALTH.callId, message.callId);
      if (message.kind === 'call.started') takeCall(message);
      if (message.kind === 'utterance')
        say([
          {
            kind: 'listen',
            callId: message.callId,
            listenId: message.audio.byteLength,
            endOfSpeechMs: 0,
            maxUtteranceMs: 0,
            noInputMs: 0,
            provisionalMs: 0,
            chunkMs: 0,
          },
        ]);
      Atomics.store(health, HEALTH.callId, 0);
    }
  });
  parentPort.postMessage({ kind: 'worker.ready' } satisfies FromWorker);
}
