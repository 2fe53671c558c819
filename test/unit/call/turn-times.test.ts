import { describe, expect, it } from 'vitest';
import type { CallParts } from '../../../src/call/call.ts';
import { timedParts } from '../../../src/call/timed-parts.ts';
import { TurnTimes } from '../../../src/call/turn-times.ts';
import type { CallStart, FromCall, ToCall } from '../../../src/channel/messages.ts';
import type { TurnHow, TurnRecord } from '../../../src/channel/store-messages.ts';
import type { ToTraceThread, TracedCall, TracedTurn } from '../../../src/channel/trace-messages.ts';
import type { Histogram } from '../../../src/meter/histogram.ts';
import { ThreadMeter } from '../../../src/meter/thread-meter.ts';
import type { Transcript } from '../../../src/speech/recognizer.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const CALL = 3;
const START: CallStart = {
  callSid: `CA${'2'.repeat(32)}`,
  streamSid: 'MZ2',
  attempt: 1,
  move: 2,
  from: '+12025550123',
  to: '+12025550100',
  playFormat: 'mulaw-8000',
  state: null,
};
const TRANSCRIPT: Transcript = { text: 'secret words', confidence: 1, provider: 'next in line' };
const EXPECTATION = { kind: 'yes-no', language: 'en', keywords: [] } as const;
const count = (histogram: Histogram) => histogram.counts.reduce((sum, each) => sum + each, 0);

/** A call that does what the test says, around parts that answer when the test says. */
function timedCall() {
  const clock = new FakeClock();
  const meter = new ThreadMeter();
  const told: ToTraceThread[] = [];
  const times = new TurnTimes(START, { clock, meter, trace: (message) => told.push(message) });
  const transcripts: PromiseWithResolvers<Transcript>[] = [];
  const commits: PromiseWithResolvers<'durable' | 'deferred'>[] = [];
  const posted: FromCall[] = [];
  const parts = timedParts(
    {
      recognizer: {
        provider: 'first',
        isLive: false,
        open: () => ({
          push: () => {},
          end: () => {
            const waiting = Promise.withResolvers<Transcript>();
            transcripts.push(waiting);
            return waiting.promise;
          },
        }),
      },
      understanding: null,
      store: {
        commit: () => {
          const waiting = Promise.withResolvers<'durable' | 'deferred'>();
          commits.push(waiting);
          return waiting.promise;
        },
      },
      post: (message: FromCall) => posted.push(message),
    } as unknown as CallParts,
    times,
  );
  const receive = (message: object) => times.received({ callId: CALL, ...message } as ToCall);
  const order = (message: object) => parts.post({ callId: CALL, ...message } as FromCall);
  return {
    clock,
    meter,
    told,
    posted,
    parts,
    transcripts,
    receive,
    order,
    ask: () => order({ kind: 'listen', endOfSpeechMs: 700 }),
    /** What comes of it is the recognizer's outcome, told to the call. */
    recognize: () => parts.recognizer.open(EXPECTATION, new AbortController().signal).end(),
    commit: async (how: TurnHow | null, tookMs: number, result: 'durable' | 'deferred' = 'durable') => {
      const turn = { nodeId: 'willing', how, heard: 'secret words', value: 42 } as TurnRecord;
      const committing = parts.store.commit(
        START.callSid,
        1,
        {},
        { outcome: 'eligible', answers: {}, turn },
        2,
      );
      clock.advanceMs(tookMs);
      commits.at(-1)?.resolve(result);
      await committing;
    },
  };
}

async function spokenTurn(call: ReturnType<typeof timedCall>) {
  call.ask();
  call.clock.advanceMs(2000);
  call.receive({ kind: 'utterance', cut: false });
  const recognized = call.recognize();
  call.clock.advanceMs(300);
  call.transcripts.at(-1)?.resolve(TRANSCRIPT);
  await recognized;
  await call.commit('speech', 12);
  call.order({ kind: 'play', playId: 5, promptKey: 'key', bargeIn: true });
  call.ask();
  call.clock.advanceMs(4);
  call.receive({ kind: 'prompt.started', playId: 5 });
}

describe('a spoken turn', () => {
  it('is told when its answer is heard: what was waited for, in order', async () => {
    const call = timedCall();
    await spokenTurn(call);
    const wallMs = call.clock.wallMs() - 2316;
    expect(call.told).toEqual([
      {
        kind: 'turn',
        id: { callSid: START.callSid, attempt: 1, move: 2 },
        fromWallMs: wallMs,
        toWallMs: wallMs + 2316,
        turnIndex: 0,
        nodeId: 'willing',
        how: 'speech',
        endpointingMs: 700,
        transcribe: {
          fromWallMs: wallMs + 2000,
          toWallMs: wallMs + 2300,
          provider: 'next in line',
          isOk: true,
        },
        step: { fromWallMs: wallMs + 2300, toWallMs: wallMs + 2312, isDurable: true },
        synthesize: { fromWallMs: wallMs + 2312, toWallMs: wallMs + 2316 },
      },
    ]);
  });

  it('is timed by part', async () => {
    const call = timedCall();
    await spokenTurn(call);
    const { meter } = call;
    expect([meter.of('recognizer').sumMs, meter.of('step').sumMs, meter.of('commit').sumMs]).toEqual([
      300, 12, 12,
    ]);
    expect([meter.read('commitsDurable'), meter.read('commitsDeferred')]).toEqual([1, 0]);
  });

  it('had no recognizer to wait for where the transcript was there when the caller ended', async () => {
    const call = timedCall();
    call.ask();
    const early = call.recognize();
    call.transcripts[0]?.resolve(TRANSCRIPT);
    await early;
    call.clock.advanceMs(500);
    call.receive({ kind: 'utterance', cut: false });
    await call.commit('speech', 1);
    expect(count(call.meter.of('recognizer'))).toBe(1);
    expect(call.meter.of('recognizer').sumMs).toBe(0);
  });

  it('whose recognizer failed says so, and passes the failure on', async () => {
    const call = timedCall();
    call.ask();
    call.receive({ kind: 'utterance', cut: true });
    const recognized = call.recognize();
    call.transcripts[0]?.reject(new Error('down'));
    await expect(recognized).rejects.toThrow('down');
    await call.commit('recognizer failed', 1, 'deferred');
    call.receive({ kind: 'call.ended', reason: 'caller hung up' });
    const [turn] = call.told as TracedTurn[];
    expect(turn).toMatchObject({ how: 'recognizer failed', endpointingMs: 0, step: null, synthesize: null });
    expect(turn?.transcribe).toMatchObject({ provider: 'first', isOk: false });
    expect(call.meter.read('commitsDeferred')).toBe(1);
  });
});

describe('a turn without speech', () => {
  it.each<TurnHow>(['digits', 'no input'])('by %s has neither endpointing nor transcript', async (how) => {
    const call = timedCall();
    call.ask();
    if (how === 'digits') call.receive({ kind: 'digit', digit: '4' });
    await call.commit(how, 8);
    call.order({ kind: 'play', playId: 2, promptKey: 'key', bargeIn: true });
    call.receive({ kind: 'prompt.started', playId: 2 });
    expect(call.told).toMatchObject([{ how, endpointingMs: null, transcribe: null }]);
    expect(call.meter.of('step').sumMs).toBe(8);
    expect(count(call.meter.of('recognizer'))).toBe(0);
  });

  it('ends with the last order where no prompt answers it', async () => {
    const call = timedCall();
    call.ask();
    await call.commit('digits', 8);
    call.order({ kind: 'finish', reason: 'completed', disposition: { kind: 'hangup' } });
    expect(call.told).toMatchObject([{ synthesize: null, step: { isDurable: true } }]);
  });
});

describe('a call', () => {
  it('is told at its end, once, with its turns and the outcome', async () => {
    const call = timedCall();
    await spokenTurn(call);
    call.receive({ kind: 'call.ended', reason: 'completed' });
    const ends = call.told.filter((message): message is TracedCall => message.kind === 'call');
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatchObject({ reason: 'completed', outcome: 'eligible', turns: 1 });
    expect(ends[0]!.toWallMs - ends[0]!.fromWallMs).toBe(2316);
  });

  it('tells nothing that its caller said, dialled or is', async () => {
    const call = timedCall();
    await spokenTurn(call);
    call.receive({ kind: 'call.ended', reason: 'completed' });
    expect(JSON.stringify(call.told)).not.toMatch(/secret words|42|2025550/);
  });

  it('orders what it ordered', async () => {
    const call = timedCall();
    await spokenTurn(call);
    expect(call.posted.map(({ kind }) => kind)).toEqual(['listen', 'play', 'listen']);
  });
});
