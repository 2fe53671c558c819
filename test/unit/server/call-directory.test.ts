import { describe, expect, it } from 'vitest';
import type { FromCall, ToCall } from '../../../src/channel/messages.ts';
import { Admission, type Caller } from '../../../src/server/admission.ts';
import { CallDirectory } from '../../../src/server/call-directory.ts';
import type { LiveCall } from '../../../src/server/live-call.ts';
import type { LiveCallSurroundings } from '../../../src/server/live-call-surroundings.ts';
import type { OnPlaced } from '../../../src/server/placement-queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { ScriptedStream } from '../../support/scripted-stream.ts';
import { keptLog } from '../../support/silent-log.ts';

const CALL = `CA${'a'.repeat(32)}`;
const OTHER_CALL = `CA${'9'.repeat(32)}`;
const ACCOUNT = `AC${'b'.repeat(32)}`;
const CALLER = { accountSid: ACCOUNT, from: '+15550001111', to: '+15550002222' };

function setUp(options: { workerReady?: boolean; caller?: Caller } = {}) {
  const clock = new FakeClock();
  const { log, lines } = keptLog();
  const store = new MemoryStore();
  const posted: ToCall[] = [];
  const placed = new Set<number>();
  const waiting: { how: string; put: () => void; giveUp: () => void }[] = [];
  const workers = {
    place: (callId: number, how: 'shared' | 'alone', onPlaced: OnPlaced) => {
      const put = () => {
        placed.add(callId);
        onPlaced(how === 'alone' ? 7 : 0);
      };
      if (options.workerReady === false) onPlaced(null);
      else if (workers.areReady && how === 'shared') put();
      else waiting.push({ how, put, giveUp: () => onPlaced(null) });
    },
    areReady: true,
    post: (message: ToCall) => void posted.push(message),
    release: (callId: number) => void placed.delete(callId),
  };
  const directory = new CallDirectory({ clock, log });
  const admission = new Admission({ limit: { calls: 10 }, clock, live: directory });
  const around: LiveCallSurroundings = {
    clock,
    log,
    store,
    workers,
    flowHashOf: () => 'hash',
    accountSid: null,
    apologyKey: 'apology',
    fillerKey: 'filler',
    playFormat: 'mulaw-8000',
  };
  const open = (attempt = 0, callSid = CALL): { call: LiveCall; stream: ScriptedStream } => {
    let stream!: ScriptedStream;
    directory.claim(callSid, attempt);
    const caller = options.caller ?? CALLER;
    const call = directory.open({ callSid, attempt, caller }, around, admission, (hooks) => {
      stream = new ScriptedStream(hooks);
      return stream;
    });
    return { call, stream };
  };
  const goLiveAs = async (callSid: string, attempt = 0) => {
    const opened = open(attempt, callSid);
    opened.stream.start({ callSid, accountSid: ACCOUNT });
    await settle();
    return opened;
  };
  const goLive = (attempt = 0) => goLiveAs(CALL, attempt);
  const says = (message: Record<string, unknown>) => directory.receive(message as unknown as FromCall);
  /** The worker that has these calls is lost; `suspect` is the one that it served. */
  const workerLost = (callIds: readonly number[], suspect = 0) =>
    directory.workerLost(callIds, { cause: 'exit', suspect, error: null, decidedAtMs: clock.nowMs() });
  return {
    ...{ admission, around, clock, directory, goLive, goLiveAs, lines, open, placed, posted, says, store },
    ...{ waiting, workerLost, workers },
  };
}

/** Lets every promise that is due go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe('a call', () => {
  it('begins: record, worker, then the stream is accepted', async () => {
    const { goLive, posted, store } = setUp();
    const { call, stream } = await goLive();
    expect(store.records.get(CALL)).toMatchObject({ attempt: 0, from: CALLER.from, flowHash: 'hash' });
    expect(posted).toMatchObject([
      { kind: 'call.started', callId: call.callId, call: { callSid: CALL, to: CALLER.to, state: null } },
    ]);
    expect(stream.told).toEqual([`accept ${call.callId}`]);
  });

  it('whose webhook met another node knows from its stream who rings whom', async () => {
    const { open, posted, store } = setUp({ caller: { accountSid: '', from: '', to: '' } });
    const customParameters = new Map([
      ['from', CALLER.from],
      ['to', CALLER.to],
    ]);
    open().stream.start({ callSid: CALL, accountSid: ACCOUNT, customParameters });
    await settle();
    expect(store.records.get(CALL)).toMatchObject({ from: CALLER.from, to: CALLER.to });
    expect(posted).toMatchObject([{ call: { from: CALLER.from, to: CALLER.to } }]);
  });

  it('believes its own webhook, whatever the stream says', async () => {
    const { open, store } = setUp();
    const customParameters = new Map([['to', '+15559999999']]);
    open().stream.start({ callSid: CALL, accountSid: ACCOUNT, customParameters });
    await settle();
    expect(store.records.get(CALL)).toMatchObject({ to: CALLER.to });
  });

  it.each([
    ['callSid', { callSid: `CA${'c'.repeat(32)}`, accountSid: ACCOUNT }],
    ['accountSid', { callSid: CALL, accountSid: `AC${'d'.repeat(32)}` }],
  ])('is refused when its start names another %s: nothing begins', async (_what, start) => {
    const { open, posted, store } = setUp();
    const { stream } = open();
    stream.start(start);
    await settle();
    expect(stream.told).toEqual(['end protocol violation']);
    expect(store.records.size).toBe(0);
    expect(posted.filter((message) => message.kind !== 'call.ended')).toEqual([]);
  });

  it('is refused, and its record left alone, when the store fences its attempt', async () => {
    const { goLive, store } = setUp();
    await store.begin({ callSid: CALL, attempt: 0, from: '', to: '', flowHash: '' });
    const { stream } = await goLive();
    expect(stream.told).toEqual(['end protocol violation']);
    expect(store.finished).toEqual([]);
  });

  it('begins without its record when the store does not answer within a second', async () => {
    const { clock, goLive, store } = setUp();
    store.begin = () => new Promise(() => {});
    const { stream, call } = await goLive();
    expect(stream.told).toEqual([]);
    clock.advanceMs(1000);
    await settle();
    expect(stream.told).toEqual([`accept ${call.callId}`]);
  });

  it('ends when the late answer of the store is that it is fenced', async () => {
    const { clock, goLive, store } = setUp();
    let answer!: (value: 'fenced') => void;
    store.begin = () => new Promise((resolve) => (answer = resolve));
    const { stream } = await goLive();
    clock.advanceMs(1000);
    await settle();
    answer('fenced');
    await settle();
    expect(stream.told.at(-1)).toBe('end superseded');
    expect(store.finished).toEqual([]);
  });

  it('closes its record when the caller leaves while it is being made', async () => {
    const { open, store, directory } = setUp();
    const { stream } = open();
    stream.start({ callSid: CALL, accountSid: ACCOUNT });
    stream.end('caller hung up');
    await settle();
    expect(store.finished).toEqual([`${CALL}#0 stream lost`]);
    expect(directory.liveCount).toBe(0);
  });

  it('says goodbye when no worker is ready', async () => {
    const { goLive } = setUp({ workerReady: false });
    const { stream, call } = await goLive();
    expect(stream.told).toEqual(['goodbye apology worker failed', `accept ${call.callId}`]);
  });

  it('ends once, whoever ends it and however often', async () => {
    const { call, directory, placed, posted, store, stream } = await withCall();
    call.end('caller hung up');
    call.end('time limit');
    stream.end('no media');
    expect(stream.told.filter((line) => line.startsWith('end'))).toEqual(['end caller hung up']);
    expect(posted.filter((message) => message.kind === 'call.ended')).toEqual([
      { kind: 'call.ended', callId: call.callId, reason: 'caller hung up' },
    ]);
    expect(store.finished).toEqual([`${CALL}#0 caller hung up`]);
    expect(placed.size).toBe(0);
    expect(directory.census()).toMatchObject({ liveCalls: 0, liveStreams: 0 });
  });

  it('frees everything though one step of its end throws', async () => {
    const { call, directory, stream, store } = await withCall();
    stream.end = () => {
      throw new Error('defect');
    };
    directory.observe({
      onEnd: () => {
        throw new Error('another');
      },
    });
    call.end('completed');
    expect(directory.liveCount).toBe(0);
    expect(store.finished).toEqual([`${CALL}#0 completed`]);
  });

  it('gives a newer stream of the same call its place and its state', async () => {
    const { call, goLive, posted, says, store, stream } = await withCall();
    says({ kind: 'snapshot', callId: call.callId, state: { nodeId: 'age' } });
    const newer = await goLive(1);
    expect(stream.told.at(-1)).toBe('end superseded');
    expect(store.finished).toEqual([`${CALL}#0 superseded`]);
    expect(newer.stream.told).toEqual([`accept ${newer.call.callId}`]);
    expect(posted.at(-1)).toMatchObject({ call: { attempt: 1, state: { nodeId: 'age' } } });
  });

  it('takes the state from the store when another node may have had the stream between', async () => {
    const { call, goLive, posted, says, store } = await withCall();
    says({ kind: 'snapshot', callId: call.callId, state: 'old' });
    call.end('stream lost');
    await store.commit(CALL, 1, 'newer');
    await goLive(2);
    expect(posted.at(-1)).toMatchObject({ call: { attempt: 2, state: 'newer' } });
  });

  it('tells a further stream how long the call has been on, over any number of streams', async () => {
    const { call, clock, goLive } = await withCall();
    clock.advanceMs(20_000);
    call.end('stream lost');
    clock.advanceMs(5000);
    const second = await goLive(1);
    expect(second.stream.told).toEqual([`accept ${second.call.callId} after 25000 ms`]);
    clock.advanceMs(10_000);
    const third = await goLive(2);
    expect(third.stream.told).toEqual([`accept ${third.call.callId} after 35000 ms`]);
  });

  it('tells it by the record when an earlier stream was in another process', async () => {
    const { clock, goLive, store } = setUp();
    await store.begin({ callSid: CALL, attempt: 0, from: '', to: '', flowHash: 'hash' });
    const record = store.records.get(CALL)!;
    store.records.set(CALL, { ...record, startedAtWallMs: clock.wallMs() - 40_000 });
    const { call, stream } = await goLive(1);
    expect(stream.told).toEqual([`accept ${call.callId} after 40000 ms`]);
  });

  it('is not put out by a stream of an older attempt', async () => {
    const { goLive, directory } = setUp();
    const newer = await goLive(1);
    directory.claim(CALL, 1);
    const older = (await goLive(0)).stream;
    expect(older.told).toEqual(['end protocol violation']);
    expect(newer.stream.told).toHaveLength(1);
  });

  it('lets a call that is on its last words finish when its worker is lost', async () => {
    const { call, directory, says, stream, workerLost } = await withCall();
    const disposition = { kind: 'transfer', transfer: { to: '+15551234567', whisper: '', ringSeconds: 20 } };
    says({ kind: 'finish', callId: call.callId, reason: 'transferred', disposition });
    workerLost([call.callId]);
    expect(stream.told.slice(1)).toEqual(['finish']);
    stream.end('transferred');
    expect(directory.lastEnd(CALL)).toMatchObject({ reason: 'transferred', disposition });
  });

  it.each([
    ['failed', { kind: 'say', text: 'Goodbye.' }],
    ['played', { kind: 'hangup' }],
  ] as const)(
    'leaves its last words to the carrier where they could not be heard: %s',
    async (outcome, left) => {
      const { call, directory, says, stream } = await withCall();
      const { callId } = call;
      says({
        kind: 'finish',
        callId,
        reason: 'completed',
        disposition: { kind: 'hangup' },
        lastWords: 'Goodbye.',
      });
      stream.hooks.post({ kind: 'prompt.ended', callId, playId: 1, outcome, playedMs: 0, sentMs: 0 });
      stream.end('completed');
      expect(directory.lastEnd(CALL)?.disposition).toEqual(left);
    },
  );

  it('takes no orders after its end', async () => {
    const { call, says, stream } = await withCall();
    call.end('caller hung up');
    const before = stream.told.length;
    says({ kind: 'play', callId: call.callId, playId: 1, promptKey: 'x', bargeIn: true });
    expect(stream.told.length).toBe(before);
  });

  it('keeps what the caller said and dialled out of the log', async () => {
    const { call, lines } = await withCall();
    call.end('completed');
    expect(JSON.stringify(lines())).not.toContain(CALLER.from);
  });
});

describe('a call whose worker is lost', () => {
  it('goes on on another from its last state, and its stream is told nothing', async () => {
    const { call, posted, says, stream, workerLost } = await withCall();
    says({ kind: 'snapshot', callId: call.callId, state: { nodeId: 'age' } });
    const toldBefore = stream.told.length;
    workerLost([call.callId]);
    expect(posted.slice(1)).toMatchObject([
      { kind: 'call.started', callId: call.callId, call: { attempt: 0, move: 1, state: { nodeId: 'age' } } },
    ]);
    expect(stream.told.length).toBe(toldBefore);
  });

  it('takes orders of the worker that it has now', async () => {
    const { call, says, stream, workerLost } = await withCall();
    workerLost([call.callId]);
    says({ kind: 'play', callId: call.callId, playId: 3, promptKey: 'apology', bargeIn: true });
    expect(stream.told.at(-1)).toBe('play');
  });

  it('is told that there will be a moment while it waits for a worker, and takes no orders meanwhile', async () => {
    const { call, posted, says, stream, waiting, workerLost, workers } = await withCall();
    workers.areReady = false;
    workerLost([call.callId]);
    says({ kind: 'play', callId: call.callId, playId: 1, promptKey: 'x', bargeIn: true });
    expect(stream.told.slice(1)).toEqual(['fill']);
    expect(posted).toHaveLength(1);
    waiting[0]!.put();
    expect(posted.at(-1)).toMatchObject({ kind: 'call.started' });
  });

  it('is told so again every 4 s, for as long as it waits', async () => {
    const { call, clock, stream, waiting, workerLost, workers } = await withCall();
    workers.areReady = false;
    workerLost([call.callId]);
    clock.advanceMs(8000);
    expect(stream.told.slice(1)).toEqual(['fill', 'fill', 'fill']);
    waiting[0]!.put();
    clock.advanceMs(8000);
    expect(stream.told).toHaveLength(4);
  });

  it('says goodbye when no worker could be had in time', async () => {
    const { call, stream, waiting, workerLost, workers } = await withCall();
    workers.areReady = false;
    workerLost([call.callId]);
    waiting[0]!.giveUp();
    expect(stream.told.at(-1)).toBe('goodbye apology worker failed');
  });

  it('can end while it waits, and begins no more', async () => {
    const { call, clock, posted, stream, waiting, workerLost, workers } = await withCall();
    workers.areReady = false;
    workerLost([call.callId]);
    stream.end('caller hung up');
    expect(clock.pendingTimers()).toBe(0);
    waiting[0]!.put();
    expect(posted.map(({ kind }) => kind)).toEqual(['call.started', 'call.ended']);
  });

  it('begins anew three times, then says goodbye', async () => {
    const { call, posted, stream, workerLost } = await withCall();
    for (let loss = 0; loss < 4; loss++) workerLost([call.callId]);
    expect(posted.filter(({ kind }) => kind === 'call.started')).toHaveLength(4);
    expect(stream.told.slice(1)).toEqual(['goodbye apology worker failed']);
  });

  it('goes on being moved for as long as its caller gets on in between', async () => {
    const { call, says, stream, workerLost } = await withCall();
    for (let loss = 0; loss < 6; loss++) {
      workerLost([call.callId]);
      says({ kind: 'snapshot', callId: call.callId, state: 'asked again' });
      says({ kind: 'snapshot', callId: call.callId, state: 'answered' });
    }
    expect(stream.told.slice(1)).toEqual([]);
  });

  it('that was being served gets a worker of its own, and the other call does not', async () => {
    const { call, goLiveAs, waiting, workerLost, posted } = await withCall();
    const other = await goLiveAs(OTHER_CALL);
    posted.length = 0;
    workerLost([call.callId, other.call.callId], call.callId);
    expect(waiting.map(({ how }) => how)).toEqual(['alone']);
    expect(posted).toMatchObject([{ kind: 'call.started', callId: other.call.callId }]);
    waiting[0]!.put();
    expect(posted.at(-1)).toMatchObject({ kind: 'call.started', callId: call.callId });
  });

  it.each(['while it is served', 'at any other moment'])(
    'says goodbye when the worker of its own is lost too, %s',
    async (when) => {
      const { call, stream, waiting, workerLost } = await withCall();
      workerLost([call.callId], call.callId);
      waiting[0]!.put();
      workerLost([call.callId], when === 'while it is served' ? call.callId : 0);
      expect(stream.told.slice(1)).toEqual(['fill', 'goodbye apology worker failed']);
      stream.end('worker failed');
      expect(waiting).toHaveLength(1);
    },
  );

  it('that is new waits for a worker too, and its stream is accepted', async () => {
    const { goLive, posted, waiting, workers } = setUp();
    workers.areReady = false;
    const { call, stream } = await goLive();
    expect(stream.told).toEqual([`accept ${call.callId}`, 'fill']);
    expect(posted).toEqual([]);
    waiting[0]!.put();
    expect(posted).toMatchObject([{ kind: 'call.started', call: { move: 0, state: null } }]);
  });

  it('tells observers how it went on', async () => {
    const { call, clock, directory, waiting, workerLost, workers } = await withCall();
    const moves: unknown[] = [];
    directory.observe({ onMove: (callSid, move) => void moves.push([callSid, move]) });
    workers.areReady = false;
    workerLost([call.callId]);
    clock.advanceMs(70);
    waiting[0]!.put();
    expect(moves).toEqual([[CALL, { how: 'move', workerId: 0, durationMs: 70 }]]);
  });
});

describe('a call whose code throws', () => {
  it('begins anew where it is, from its last state', async () => {
    const { call, placed, posted, says, stream } = await withCall();
    const { callId } = call;
    says({ kind: 'snapshot', callId, state: { nodeId: 'age' } });
    says({ kind: 'call.failed', callId, error: {} });
    expect(posted.slice(1)).toMatchObject([
      { kind: 'call.ended', callId, reason: 'superseded' },
      { kind: 'call.started', callId, call: { move: 1, state: { nodeId: 'age' } } },
    ]);
    expect(stream.told).toEqual([`accept ${callId}`]);
    expect(placed).toEqual(new Set([callId]));
  });

  it('says goodbye the second time, and only once', async () => {
    const { call, says, stream, workerLost } = await withCall();
    for (let failure = 0; failure < 3; failure++)
      says({ kind: 'call.failed', callId: call.callId, error: {} });
    says({ kind: 'play', callId: call.callId, playId: 9, promptKey: 'x', bargeIn: true });
    workerLost([call.callId]);
    expect(stream.told.slice(1)).toEqual(['goodbye apology call failed']);
  });

  it('begins anew too when a message for it could not be sent', async () => {
    const { call, directory, posted } = await withCall();
    directory.callFailed(call.callId, { name: 'DataCloneError', code: 'ERR_X', message: '' });
    expect(posted.at(-1)).toMatchObject({ kind: 'call.started', call: { move: 1 } });
  });
});

async function withCall() {
  const around = setUp();
  return { ...around, ...(await around.goLive()) };
}

describe('CallDirectory', () => {
  it('lets an attempt be claimed once, and none older than the last', () => {
    const { directory } = setUp();
    expect(directory.claim(CALL, 1)).toBe(true);
    expect(directory.claim(CALL, 1)).toBe(false);
    expect(directory.claim(CALL, 0)).toBe(false);
    expect(directory.claim(CALL, 2)).toBe(true);
  });

  it('forgets a call ten minutes after its end', async () => {
    const { clock, directory, goLive } = setUp();
    (await goLive()).call.end('completed');
    clock.advanceMs(9 * 60_000);
    expect(directory.lastEnd(CALL)?.reason).toBe('completed');
    clock.advanceMs(61_000);
    directory.claim(`CA${'e'.repeat(32)}`, 0);
    expect(directory.lastEnd(CALL)).toBeNull();
  });

  it('remembers no more than 10,000 calls', () => {
    const { directory } = setUp();
    for (let call = 0; call < 10_050; call++) directory.claim(`call ${call}`, 0);
    expect(directory.census().remembered).toBe(10_000);
  });

  it('tells observers of notes and ends until they leave', async () => {
    const { directory, goLive, says } = setUp();
    const heard: string[] = [];
    const leave = directory.observe({
      onNote: (_callSid, note) => void heard.push(note.kind),
      onEnd: (_callSid, reason) => void heard.push(reason),
    });
    const { call } = await goLive();
    says({ kind: 'note', callId: call.callId, note: { kind: 'bot said', text: 'hello', nodeId: 'a' } });
    call.end('completed');
    leave();
    (await goLive(1)).call.end('completed');
    expect(heard).toEqual(['bot said', 'completed']);
  });

  it('is no slot short when making a stream throws', () => {
    const { admission, around, directory } = setUp();
    const broken = () => {
      throw new Error('no native memory');
    };
    const stream = { callSid: CALL, attempt: 0, caller: CALLER };
    expect(() => directory.open(stream, around, admission, broken)).toThrow('no native memory');
    expect(admission.inUse()).toBe(0);
  });
});
