import { readFileSync } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CallId, FromCall, ToCall } from '../../../src/channel/messages.ts';
import type { StoreRequest } from '../../../src/channel/store-messages.ts';
import type { PromptWanted } from '../../../src/channel/voice-messages.ts';
import {
  type CallWorkerStart,
  type FromWorker,
  HEALTH,
  HEALTH_CELLS,
} from '../../../src/channel/worker-start.ts';
import { createFlowSet } from '../../../src/flow/flow-set.ts';
import { loadFlow } from '../../../src/flow/load-flow.ts';
import { speechAudio } from '../../support/call-under-test.ts';
import { NO_CALL_ID, RECOGNIZER_CUES } from '../../support/cued-call-worker.ts';
import { speechSettings } from '../../support/speech-settings.ts';

const FLOW_FILE = new URL('../../../flows/eligibility.yaml', import.meta.url);
const flow = loadFlow(readFileSync(FLOW_FILE, 'utf8'), 'eligibility.yaml', {
  directory: '/',
  checkAudio: () => null,
});

/** A real worker thread between a store that answers at once and a voice thread that only listens. */
async function workerUnderTest(entry = '../../../src/call/call-worker.ts') {
  const store = new MessageChannel();
  const voice = new MessageChannel();
  const health = new SharedArrayBuffer(4 * HEALTH_CELLS);
  const start: CallWorkerStart = {
    workerIndex: 3,
    health,
    storePort: store.port2,
    voicePort: voice.port2,
    flows: createFlowSet([flow]),
    readyPromptKeys: [],
    settings: { logLevel: 'silent', logPii: false, speech: speechSettings() },
  };
  const worker = new Worker(new URL(entry, import.meta.url), {
    workerData: start,
    transferList: [store.port2, voice.port2],
  });
  onTestFinished(async () => {
    await worker.terminate();
    store.port1.close();
    voice.port1.close();
  });
  const commits: StoreRequest[] = [];
  const wanted: PromptWanted[] = [];
  const messages: (FromCall | FromWorker)[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of waiting) check();
  };
  store.port1.on('message', (request: StoreRequest) => {
    commits.push(request);
    store.port1.postMessage({ id: request.id, ok: true, value: null });
    wake();
  });
  voice.port1.on('message', (message: PromptWanted) => wanted.push(message));
  worker.on('message', (message: FromWorker) => {
    messages.push(...(message.kind === 'batch' ? message.messages : [message]));
    wake();
  });
  const exited = new Promise<number>((resolve) => worker.on('exit', resolve));
  /** The first message of this kind, of this call if one is named, that has come or will. */
  const next = <K extends (FromCall | FromWorker)['kind']>(
    kind: K,
    callId?: CallId,
    isMeant: (message: Extract<FromCall | FromWorker, { kind: K }>) => boolean = () => true,
  ) =>
    new Promise<Extract<FromCall | FromWorker, { kind: K }>>((resolve) => {
      const check = () => {
        const found = messages
          .filter((message): message is Extract<FromCall | FromWorker, { kind: K }> => message.kind === kind)
          .filter((message) => callId === undefined || ('callId' in message && message.callId === callId))
          .find(isMeant);
        if (found === undefined) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  const post = (...batch: ToCall[]) => worker.postMessage({ kind: 'batch', messages: batch });
  await next('worker.ready');
  return {
    worker,
    exited,
    next,
    post,
    messages,
    commits,
    wanted,
    cells: new Int32Array(health),
    callComes: (callId: CallId) =>
      post({
        kind: 'call.started',
        callId,
        call: {
          callSid: `CA${callId}`,
          streamSid: 'MZ1',
          attempt: 0,
          move: 0,
          from: '',
          to: '',
          playFormat: 'mulaw-8000',
          state: null,
        },
      }),
    utteranceComes: (callId: CallId, cue = 0) => {
      const audio = speechAudio();
      if (cue !== 0) new Int16Array(audio)[0] = cue;
      post({
        kind: 'utterance',
        callId,
        listenId: 1,
        audio,
        sampleRateHz: 8000,
        speechStartMs: 0,
        speechEndMs: 400,
        voicedMs: 300,
        cut: false,
      });
    },
  };
}

const CUED = '../../support/cued-call-worker.ts';

describe('a call worker', () => {
  it('greets a caller from the real flow, with the built-in recognizer', async () => {
    const t = await workerUnderTest();
    t.callComes(1);
    const listen = await t.next('listen', 1);
    expect(listen.listenId).toBe(1);
    expect(t.messages.findIndex(({ kind }) => kind === 'play')).toBeLessThan(t.messages.indexOf(listen));
    expect(t.commits[0]?.ask).toMatchObject({ kind: 'commit', callSid: 'CA1', attempt: 0 });
    expect(t.wanted.map(({ key }) => key)).toContain((await t.next('play', 1)).promptKey);
  });

  it('beats while it lives, and serves no call between calls', async () => {
    const t = await workerUnderTest();
    const beat = Atomics.load(t.cells, HEALTH.beat);
    t.callComes(1);
    await t.next('listen', 1);
    expect(Atomics.load(t.cells, HEALTH.beat)).toBeGreaterThan(beat);
    expect(Atomics.load(t.cells, HEALTH.callId)).toBe(0);
  });

  it('ignores messages for calls that it does not have', async () => {
    const t = await workerUnderTest();
    t.post({ kind: 'digit', callId: 99, digit: '1', atStreamMs: 0 });
    t.post({ kind: 'call.ended', callId: 99, reason: 'caller hung up' });
    t.callComes(1);
    await t.next('listen', 1);
    expect(t.messages.filter((message) => 'callId' in message && message.callId === 99)).toEqual([]);
  });

  it('ends only the call whose code throws', async () => {
    const t = await workerUnderTest(CUED);
    t.callComes(1);
    t.callComes(2);
    await t.next('listen', 2);
    t.utteranceComes(1, RECOGNIZER_CUES.throw);
    t.utteranceComes(2);
    expect((await t.next('call.failed', 1)).error.message).toBe('thrown on cue');
    expect((await t.next('note', 2, ({ note }) => note.kind === 'caller said')).note).toMatchObject({
      text: 'yes',
    });
    expect(t.messages.some((message) => message.kind === 'call.failed' && message.callId === 2)).toBe(false);
  });

  it.each([
    ['stray throw', RECOGNIZER_CUES.strayThrow],
    ['stray rejection', RECOGNIZER_CUES.strayRejection],
  ])('says so and exits after a %s, and names the call that set it off', async (what, cue) => {
    const t = await workerUnderTest(CUED);
    t.callComes(1);
    t.callComes(2);
    await t.next('listen', 1);
    await t.next('listen', 2);
    t.utteranceComes(1, cue);
    t.utteranceComes(2);
    expect((await t.next('worker.failed')).error.message).toBe(what);
    expect(await t.exited).toBe(1);
    expect(Atomics.load(t.cells, HEALTH.callId)).toBe(1);
  });

  it('names the call that it was serving when it stopped beating', async () => {
    const t = await workerUnderTest(CUED);
    t.callComes(5);
    await t.next('listen', 5);
    t.utteranceComes(5, RECOGNIZER_CUES.spin);
    while (Atomics.load(t.cells, HEALTH.callId) !== 5) await new Promise(setImmediate);
    expect(Atomics.load(t.cells, HEALTH.callId)).toBe(5);
  });

  it('has each utterance recognized in the name of its call', async () => {
    const t = await workerUnderTest(CUED);
    for (const callId of [1, NO_CALL_ID]) {
      t.callComes(callId);
      await t.next('listen', callId);
      t.utteranceComes(callId);
    }
    const heard = (callId: CallId) => t.next('note', callId, ({ note }) => note.kind === 'caller said');
    expect((await heard(1)).note).toMatchObject({ text: 'yes' });
    expect((await heard(NO_CALL_ID)).note).toMatchObject({ text: 'no' });
  });

  it('commits the end of a call whose caller hung up', async () => {
    const t = await workerUnderTest(CUED);
    t.callComes(1);
    await t.next('listen', 1);
    t.post({ kind: 'call.ended', callId: 1, reason: 'caller hung up' });
    t.callComes(2);
    await t.next('listen', 2);
    const states = t.commits.map(({ ask }) => (ask.kind === 'commit' ? JSON.parse(ask.state) : null));
    expect(states[1]).toMatchObject({ phase: 'ended' });
  });
});
