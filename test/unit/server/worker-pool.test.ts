/** With real threads: what is tested is that a thread's death, spin or growth is seen. Waits end by events. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FromCall, ToCall } from '../../../src/channel/messages.ts';
import { systemClock } from '../../../src/clock.ts';
import { createLog } from '../../../src/log.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../../src/server/worker-pool.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { CUES } from '../../support/server-call-worker.ts';
import { speechSettings } from '../../support/speech-settings.ts';

const pools: WorkerPool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

interface Lost {
  callIds: readonly number[];
  suspect: number;
  cause: string;
}

/** Reports that can be waited for in the order in which they come. */
class Inbox<T> {
  readonly all: T[] = [];
  #waiting: (() => void)[] = [];

  add(item: T): void {
    this.all.push(item);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async find(matches: (item: T) => boolean): Promise<T> {
    for (;;) {
      const found = this.all.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

function startPool(options: Partial<WorkerPoolOptions> = {}) {
  const messages = new Inbox<FromCall>();
  const lost = new Inbox<Lost>();
  const unpostable = new Inbox<number>();
  const fatal = new Inbox<Error>();
  const logged = new Inbox<string>();
  const placed = new Inbox<{ callId: number; index: number | null }>();
  const port = () => {
    const channel = new MessageChannel();
    channel.port1.unref();
    return channel.port2;
  };
  const pool = new WorkerPool({
    workerUrl: new URL('../../support/server-call-worker.ts', import.meta.url),
    workers: 1,
    hasReserve: false,
    stallMs: 400,
    heapLimitBytes: 2 ** 29,
    clock: systemClock,
    log: createLog({ level: 'info', destination: { write: (line: string) => logged.add(line) } }),
    openStorePort: port,
    openVoicePort: port,
    flows: null,
    readyPromptKeys: () => [],
    settings: { logLevel: 'silent', logPii: false, speech: speechSettings() },
    onVendor: () => {},
    onMessage: (message) => messages.add(message),
    onLost: (callIds, { suspect, cause }) => lost.add({ callIds, suspect, cause }),
    onUnpostable: (callId) => unpostable.add(callId),
    onFatal: (error) => fatal.add(error),
    ...options,
  });
  pools.push(pool);
  const ready = async (count: number) => {
    const isReadyLine = (line: string) => line.includes('"worker.ready"');
    await logged.find(() => logged.all.filter(isReadyLine).length >= count);
  };
  const place = (callId: number, how: 'shared' | 'alone' = 'shared'): number | null | undefined => {
    let placedOn: number | null | undefined;
    pool.place(callId, how, (index) => {
      placedOn = index;
      placed.add({ callId, index });
    });
    return placedOn;
  };
  return { pool, messages, lost, fatal, logged, place, placed, ready, unpostable };
}

function started(callId: number, to: string): ToCall {
  const call = {
    callSid: 'CA',
    streamSid: 'MZ',
    attempt: 0,
    move: 0,
    from: '',
    to,
    playFormat: 'mulaw-8000',
    state: null,
  };
  return { kind: 'call.started', callId, call };
}

describe('WorkerPool', () => {
  it('places no call before a worker has said that it is ready', async () => {
    const { placed, pool, ready, place } = startPool();
    expect(pool.readyCount).toBe(0);
    expect(place(1)).toBeUndefined();
    await ready(1);
    expect(pool.readyCount).toBe(1);
    expect(placed.all).toEqual([{ callId: 1, index: 0 }]);
  });

  it('places a call on the worker with the fewest calls', async () => {
    const { pool, ready, place } = startPool({ workers: 2 });
    await ready(2);
    const first = place(1);
    const second = place(2);
    expect(first).not.toBe(second);
    pool.release(1);
    expect(place(3)).toBe(first);
    expect(pool.placedCount).toBe(2);
  });

  it('with a reserve puts calls on that only while another worker is not ready', async () => {
    const { pool, lost, ready, place } = startPool({ workers: 2, hasReserve: true });
    await ready(2);
    expect([place(1), place(2)]).toEqual([0, 0]);
    pool.post(started(1, CUES.spin));
    expect((await lost.find(() => true)).callIds).toEqual([1, 2]);
    expect(place(2)).toBe(1);
    await ready(3);
    expect(place(3)).toBe(0);
  });

  it('with a reserve has it take the calls of a lost worker beside others that are ready', async () => {
    const { pool, lost, ready, place } = startPool({ workers: 3, hasReserve: true });
    await ready(3);
    expect([place(1), place(2), place(3)]).toEqual([0, 1, 0]);
    pool.post(started(1, CUES.spin));
    expect((await lost.find(() => true)).callIds).toEqual([1, 3]);
    expect(place(3)).toBe(2);
  });

  it('carries messages both ways and transfers an utterance', async () => {
    const { pool, messages, ready, place } = startPool();
    await ready(1);
    place(7);
    pool.post(started(7, CUES.talk));
    const audio = new ArrayBuffer(640);
    const at = { speechStartMs: 0, speechEndMs: 0, voicedMs: 0, cut: false };
    pool.post({ kind: 'utterance', callId: 7, listenId: 1, audio, sampleRateHz: 8000, ...at });
    await messages.find((message) => message.kind === 'play');
    await messages.find((message) => message.kind === 'listen' && message.listenId === 640);
    expect(audio.byteLength).toBe(0);
  });

  it('transfers speech that is told before its end', async () => {
    const { pool, messages, ready, place } = startPool();
    await ready(1);
    place(7);
    pool.post(started(7, CUES.talk));
    const of = { callId: 7, listenId: 1, sampleRateHz: 8000 };
    const [soFar, chunk, audio] = [new ArrayBuffer(320), new ArrayBuffer(160), new ArrayBuffer(640)];
    pool.post({ kind: 'utterance.provisional', ...of, audio: soFar, voicedMs: 20 });
    pool.post({ kind: 'speech.chunk', ...of, audio: chunk, sequence: 0 });
    const at = { speechStartMs: 0, speechEndMs: 0, voicedMs: 0, cut: false };
    pool.post({ kind: 'utterance', ...of, audio, ...at });
    await messages.find((message) => message.kind === 'listen' && message.listenId === 640);
    expect([soFar.byteLength, chunk.byteLength]).toEqual([0, 0]);
  });

  it('ends only the call whose message cannot be sent', async () => {
    const { pool, messages, ready, unpostable, place } = startPool();
    await ready(1);
    place(1);
    place(2);
    const audio = new ArrayBuffer(640);
    structuredClone(audio, { transfer: [audio] });
    const at = { speechStartMs: 0, speechEndMs: 0, voicedMs: 0, cut: false };
    pool.post({ kind: 'utterance', callId: 1, listenId: 1, audio, sampleRateHz: 8000, ...at });
    pool.post(started(2, CUES.talk));
    expect(await unpostable.find(() => true)).toBe(1);
    await messages.find((message) => message.callId === 2);
    expect(pool.lostCount).toBe(0);
  });

  it.each([
    ['throw', 'error'],
    ['exit', 'exit'],
    ['spin', 'stall'],
  ] as const)('hands back the calls of a worker that does "%s", and replaces it', async (cue, cause) => {
    const { pool, lost, ready, place } = startPool();
    await ready(1);
    for (const callId of [11, 12, 13]) place(callId);
    pool.post(started(11, CUES.talk));
    pool.post(started(12, CUES[cue]));
    const report = await lost.find(() => true);
    expect(report).toEqual({ callIds: [11, 12, 13], suspect: 12, cause });
    await ready(2);
    expect(place(14)).toBe(0);
    expect(pool.placedCount).toBe(1);
  });

  it('leaves the calls of other workers alone', async () => {
    const { pool, lost, messages, ready, place } = startPool({ workers: 2 });
    await ready(2);
    place(1);
    place(2);
    pool.post(started(1, CUES.spin));
    expect((await lost.find(() => true)).callIds).toEqual([1]);
    pool.post(started(2, CUES.talk));
    await messages.find((message) => message.callId === 2 && message.kind === 'play');
  });

  it('terminates a worker that outgrows its memory, and the process lives', async () => {
    const { pool, lost, ready, place } = startPool({ heapLimitBytes: 96 * 2 ** 20, stallMs: 20_000 });
    await ready(1);
    place(1);
    pool.post(started(1, CUES.grow));
    expect(await lost.find(() => true)).toMatchObject({ callIds: [1], cause: 'memory' });
    await ready(2);
  });

  it.each(['growMap', 'growArray', 'growBuffers'] as const)(
    'and so where what grows is not objects: %s',
    async (cue) => {
      const { lost, place, pool, ready } = startPool({ heapLimitBytes: 96 * 2 ** 20, stallMs: 20_000 });
      await ready(1);
      place(1);
      pool.post(started(1, CUES[cue]));
      expect(await lost.find(() => true)).toEqual({ callIds: [1], suspect: 1, cause: 'memory' });
    },
  );

  it('takes what a worker had said before it was lost, and nothing after', async () => {
    const { lost, messages, place, pool, ready } = startPool();
    await ready(1);
    place(1);
    pool.post(started(1, CUES.lastWords));
    await lost.find(() => true);
    expect(messages.all.map(({ kind }) => kind)).toEqual(['snapshot', 'play']);
    place(1);
    await ready(2);
    expect(messages.all).toHaveLength(2);
  });

  it('terminates a worker that does not take its messages', async () => {
    const { lost, place, pool, ready } = startPool({ stallMs: 20_000 });
    await ready(1);
    place(1);
    pool.post(started(1, CUES.spin));
    // The first batch must be with the worker before it can be stuck in it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let count = 0; count < 20_001; count++) pool.post(started(1, CUES.talk));
    expect(await lost.find(() => true)).toMatchObject({ callIds: [1], cause: 'messages not taken' });
  });

  it('gives up with a clear error when workers cannot start', async () => {
    const { pool, fatal } = startPool({ flows: { failToStart: true } });
    const error = await fatal.find(() => true);
    expect(error.message).toMatch(/3 failures in a row .*no start on cue/);
    expect(pool.readyCount).toBe(0);
  });

  it('goes on with the worker that it has where another cannot start', async () => {
    const { pool, fatal, logged, ready } = startPool({ workers: 2, flows: { failToStartFrom: 1 } });
    await ready(1);
    const losses = () => logged.all.filter((line) => line.includes('worker.lost')).length;
    await vi.waitFor(() => expect(losses()).toBeGreaterThan(4), { timeout: 10_000 });
    expect(fatal.all).toEqual([]);
    expect(pool.readyCount).toBe(1);
  }, 15_000);

  it('drops what is posted for a call that was released', async () => {
    const { pool, messages, ready, place } = startPool();
    await ready(1);
    place(1);
    pool.release(1);
    pool.post(started(1, CUES.talk));
    place(2);
    pool.post(started(2, CUES.talk));
    await messages.find((message) => message.callId === 2 && message.kind === 'play');
    expect(messages.all.some((message) => message.callId === 1)).toBe(false);
  });

  it('closes its threads and reports nothing for that', async () => {
    const { pool, lost, ready, place } = startPool({ workers: 2 });
    await ready(2);
    place(1);
    await pool.close();
    await pool.close();
    expect(lost.all).toEqual([]);
    expect(pool.readyCount).toBe(0);
  });
});

describe('a call that no worker is ready for', () => {
  it('is placed on the first that is, unless it has ended', async () => {
    const { place, placed, pool, ready } = startPool();
    place(1);
    place(2);
    pool.release(1);
    expect(pool.waitingCount).toBe(1);
    await ready(1);
    expect(placed.all).toEqual([{ callId: 2, index: 0 }]);
    expect(pool.waitingCount).toBe(0);
  });

  it('waits 15 s and no longer', () => {
    const clock = new FakeClock();
    const { place, placed, pool } = startPool({ clock });
    place(1);
    clock.advanceMs(14_999);
    expect(placed.all).toEqual([]);
    clock.advanceMs(1);
    expect(placed.all).toEqual([{ callId: 1, index: null }]);
    expect(pool.waitingCount).toBe(0);
  });

  it('is given up when workers cannot start', async () => {
    const { fatal, place, placed } = startPool({ flows: { failToStart: true } });
    place(1);
    await fatal.find(() => true);
    expect(placed.all).toEqual([{ callId: 1, index: null }]);
    expect(place(2)).toBeNull();
  });
});

describe('a call that is placed alone', () => {
  it('gets a worker that no other call is put on, and that goes with it', async () => {
    const { messages, place, placed, pool, ready } = startPool();
    await ready(1);
    place(1, 'alone');
    expect(placed.all).toEqual([]);
    await placed.find(({ callId }) => callId === 1);
    expect(placed.all).toEqual([{ callId: 1, index: 1 }]);
    expect([place(2), place(3)]).toEqual([0, 0]);
    pool.post(started(1, CUES.talk));
    await messages.find((message) => message.callId === 1);
    pool.release(1);
    await until(() => pool.quarantineCount === 0);
    expect(pool.lostCount).toBe(0);
  });

  it('is handed back when that worker is lost, which is not replaced', async () => {
    const { lost, place, placed, pool, ready } = startPool();
    await ready(1);
    place(1, 'alone');
    await placed.find(() => true);
    place(2);
    pool.post(started(1, CUES.exit));
    expect(await lost.find(() => true)).toEqual({ callIds: [1], suspect: 1, cause: 'exit' });
    expect([pool.quarantineCount, pool.startedCount, pool.placedCount]).toEqual([0, 2, 1]);
  });

  it('waits for its own, whichever other is ready first', async () => {
    const { place, placed } = startPool();
    place(1, 'alone');
    place(2);
    await placed.find(({ callId }) => callId === 1);
    await placed.find(({ callId }) => callId === 2);
    expect(placed.all.toSorted((a, b) => a.callId - b.callId)).toEqual([
      { callId: 1, index: 1 },
      { callId: 2, index: 0 },
    ]);
  });

  it('gets none when four others have theirs', async () => {
    const { place, pool, ready } = startPool();
    await ready(1);
    for (let callId = 1; callId <= 4; callId++) expect(place(callId, 'alone')).toBeUndefined();
    expect(place(5, 'alone')).toBeNull();
    expect(pool.quarantineCount).toBe(4);
  });

  it('is given up when its worker cannot start; the others go on', async () => {
    const { fatal, place, placed, pool, ready } = startPool({ flows: { failToStartFrom: 1 } });
    await ready(1);
    for (let callId = 1; callId <= 3; callId++) {
      place(callId, 'alone');
      await placed.find((each) => each.callId === callId);
    }
    expect(placed.all.map(({ index }) => index)).toEqual([null, null, null]);
    expect([fatal.all.length, pool.readyCount, pool.quarantineCount]).toEqual([0, 1, 0]);
  });
});

describe('a machine without a thread to give', () => {
  /** As `new Worker` does then: it throws, before there is anything to listen to. */
  const starved = () => {
    const state = { isStarved: false };
    const openStorePort = () => {
      if (state.isStarved) throw new Error('EAGAIN');
      return new MessageChannel().port2;
    };
    return { state, openStorePort };
  };

  it('costs the call that wanted one of its own, and nobody else', async () => {
    const { state, openStorePort } = starved();
    const { place, pool, ready } = startPool({ openStorePort });
    await ready(1);
    state.isStarved = true;
    expect(place(1, 'alone')).toBeNull();
    expect([pool.readyCount, pool.quarantineCount]).toEqual([1, 0]);
    expect(place(2)).toBe(0);
  });

  it('is asked again for a worker that was lost', async () => {
    const { state, openStorePort } = starved();
    const { fatal, logged, place, pool, ready } = startPool({ openStorePort, workers: 2 });
    await ready(2);
    const index = place(1);
    state.isStarved = true;
    pool.post(started(1, CUES.exit));
    await logged.find((line) => line.includes('"worker.not-started"'));
    state.isStarved = false;
    await until(() => pool.readyCount === 2);
    expect(fatal.all).toEqual([]);
    expect([place(2), place(3)].toSorted()).toEqual([0, 1]);
    expect(index).not.toBeNull();
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a worker that dies again and again', () => {
  it('is replaced at once five times in 10 s, then ever more slowly', async () => {
    const clock = new FakeClock();
    const { logged, lost, pool, ready, place } = startPool({ clock });
    const delays: number[] = [];
    for (let loss = 1; loss <= 8; loss++) {
      await ready(loss);
      place(loss);
      pool.post(started(loss, CUES.exit));
      await lost.find((report) => report.callIds.includes(loss));
      const before = clock.nowMs();
      while (pool.startedCount === loss) clock.advanceMs(10);
      delays.push(clock.nowMs() - before);
    }
    expect(delays).toEqual([10, 10, 10, 10, 10, 250, 500, 1000]);
    expect(logged.all.filter((line) => line.includes('"worker.lost"'))).toHaveLength(8);
  });
});
