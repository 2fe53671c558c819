import { describe, expect, it } from 'vitest';
import type { FromCall, ToCall } from '../../../src/channel/messages.ts';
import { Admission } from '../../../src/server/admission.ts';
import { CallDirectory } from '../../../src/server/call-directory.ts';
import type { LiveCall, LiveCallSurroundings } from '../../../src/server/live-call.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { ScriptedStream } from '../../support/scripted-stream.ts';
import { keptLog } from '../../support/silent-log.ts';

const CALL = `CA${'a'.repeat(32)}`;
const ACCOUNT = `AC${'b'.repeat(32)}`;
const CALLER = { accountSid: ACCOUNT, from: '+15550001111', to: '+15550002222' };

function setUp(options: { workerReady?: boolean } = {}) {
  const clock = new FakeClock();
  const { log, lines } = keptLog();
  const store = new MemoryStore();
  const posted: ToCall[] = [];
  const placed = new Set<number>();
  const workers = {
    place: (callId: number) => {
      if (options.workerReady === false) return null;
      placed.add(callId);
      return 0;
    },
    post: (message: ToCall) => void posted.push(message),
    release: (callId: number) => void placed.delete(callId),
  };
  const directory = new CallDirectory({ clock, log });
  const admission = new Admission({ maxCalls: 10, clock, live: directory });
  const around: LiveCallSurroundings = {
    clock,
    log,
    store,
    workers,
    flowHashOf: () => 'hash',
    accountSid: null,
    apologyKey: 'apology',
    playFormat: 'mulaw-8000',
  };
  const open = (attempt = 0): { call: LiveCall; stream: ScriptedStream } => {
    let stream!: ScriptedStream;
    directory.claim(CALL, attempt);
    const call = directory.open({ callSid: CALL, attempt, caller: CALLER }, around, admission, (hooks) => {
      stream = new ScriptedStream(hooks);
      return stream;
    });
    return { call, stream };
  };
  const goLive = async (attempt = 0) => {
    const opened = open(attempt);
    opened.stream.start({ callSid: CALL, accountSid: ACCOUNT });
    await settle();
    return opened;
  };
  const says = (message: Record<string, unknown>) => directory.receive(message as unknown as FromCall);
  return { admission, clock, directory, goLive, lines, open, placed, posted, says, store };
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
    expect(stream.told).toEqual([`accept ${call.callId}`, 'goodbye apology worker failed']);
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

  it('says goodbye when its code failed or its worker was lost, and only once', async () => {
    const { call, directory, says, stream } = await withCall();
    says({ kind: 'call.failed', callId: call.callId, error: {} });
    directory.workerLost([call.callId], 'worker failed');
    expect(stream.told.slice(1)).toEqual(['goodbye apology call failed']);
  });

  it('lets a call that is on its last words finish when its worker is lost', async () => {
    const { call, directory, says, stream } = await withCall();
    const disposition = { kind: 'transfer', to: '+15551234567' };
    says({ kind: 'finish', callId: call.callId, reason: 'transferred', disposition });
    directory.workerLost([call.callId], 'worker failed');
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
      stream.hooks.post({ kind: 'prompt.ended', callId, playId: 1, outcome, playedMs: 0 });
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

  async function withCall() {
    const around = setUp();
    return { ...around, ...(await around.goLive()) };
  }
});

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
    const { admission, directory } = setUp();
    const broken = () => {
      throw new Error('no native memory');
    };
    const stream = { callSid: CALL, attempt: 0, caller: CALLER };
    const store = new MemoryStore();
    const around = { store, workers: { place: () => 0, post() {}, release() {} }, log: keptLog().log };
    expect(() =>
      directory.open(stream, around as unknown as LiveCallSurroundings, admission, broken),
    ).toThrow('no native memory');
    expect(admission.inUse()).toBe(0);
  });
});
