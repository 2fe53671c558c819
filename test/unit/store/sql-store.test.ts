import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndReason } from '../../../src/channel/messages.ts';
import type { StoreWrite, TallySlice, TallySpan, TurnRecord } from '../../../src/channel/store-messages.ts';
import type { SqlStore } from '../../../src/store/sql-store.ts';
import { enginesUnderTest } from '../../support/store-engines.ts';

type Begin = Extract<StoreWrite, { kind: 'begin' }>;
type Commit = Extract<StoreWrite, { kind: 'commit' }>;

const begin = (callSid: string, attempt = 0, atWallMs = 1000): Begin => ({
  kind: 'begin',
  callSid,
  attempt,
  from: '+12025550100',
  to: '+12025550199',
  flowHash: 'f'.repeat(64),
  atWallMs,
});
const commit = (callSid: string, attempt: number, turn: number, atWallMs = 2000): Commit => ({
  kind: 'commit',
  callSid,
  attempt,
  state: JSON.stringify({ turn }),
  outcome: turn > 3 ? 'eligible' : null,
  answers: JSON.stringify({ adult: true, age: turn }),
  atWallMs,
});
const finish = (callSid: string, attempt: number, reason: EndReason, atWallMs = 3000): StoreWrite => ({
  kind: 'finish',
  callSid,
  attempt,
  reason,
  atWallMs,
});
const turn = (listenId: number, more: Partial<TurnRecord> = {}): TurnRecord => ({
  listenId,
  nodeId: 'age',
  askedAtWallMs: 1100,
  answeredAtWallMs: 1900,
  how: 'speech',
  heard: 'I am seventy',
  value: 70,
  playout: { sentMs: 2400, heardMs: 2100, answerBeganAtWallMs: 1500 },
  ...more,
});

describe.each(enginesUnderTest())('the store on $name', (engine) => {
  beforeAll(() => engine.start(), 60_000);
  afterAll(() => engine.stop(), 60_000);
  const it_ = it.skipIf(engine.missing !== null);
  const openNew = async (): Promise<SqlStore> => (await engine.place()).open();

  it_('keeps a call from its begin to its end', async () => {
    const store = await openNew();
    expect(await store.write([begin('CA1'), commit('CA1', 0, 4), finish('CA1', 0, 'completed')])).toEqual([
      'begun',
      null,
      null,
    ]);
    expect(await store.load('CA1')).toEqual({
      callSid: 'CA1',
      attempt: 0,
      from: '+12025550100',
      to: '+12025550199',
      flowHash: 'f'.repeat(64),
      startedAtWallMs: 1000,
      endedAtWallMs: 3000,
      endReason: 'completed',
      outcome: 'eligible',
      answers: { adult: true, age: 4 },
      transfer: null,
      transferStatus: null,
      state: { turn: 4 },
      direction: 'inbound',
      nodeId: store.nodeId,
      resumes: 0,
      updatedAtWallMs: 3000,
    });
    expect(await store.load('CA2')).toBeNull();
  });

  it_(
    'keeps whom a call is to be put through to, also when a later commit does not say it again',
    async () => {
      const store = await openNew();
      await store.write([
        begin('CA1'),
        { ...commit('CA1', 0, 4), transfer: { to: '+12025550123', whisper: '', ringSeconds: 20 } },
      ]);
      await store.write([commit('CA1', 0, 4)]);
      expect(await store.load('CA1')).toMatchObject({
        transfer: { to: '+12025550123', whisper: '', ringSeconds: 20 },
      });
    },
  );

  it_('fences an attempt that was used, and an older one', async () => {
    const store = await openNew();
    expect(await store.write([begin('CA1', 1)])).toEqual(['begun']);
    expect(await store.write([begin('CA1', 1)])).toEqual(['fenced']);
    expect(await store.write([begin('CA1', 0)])).toEqual(['fenced']);
    expect(await store.write([begin('CA1', 2)])).toEqual(['begun']);
  });

  it_(
    'knows a begin that is written again, since its answer was lost, from another with the same attempt',
    async () => {
      const store = await openNew();
      const first = { ...begin('CA1', 1), claim: 'one' };
      expect(await store.write([first])).toEqual(['begun']);
      expect(await store.write([first, commit('CA1', 1, 2)])).toEqual(['begun', null]);
      expect(await store.write([{ ...first, claim: 'two' }])).toEqual(['fenced']);
      expect(await store.load('CA1')).toMatchObject({ resumes: 0, state: { turn: 2 } });
    },
  );

  it_('lets one of two nodes begin an attempt that both were sent', async () => {
    const place = await engine.place();
    const [here, there] = [await place.open(), await place.open()];
    const results = await Promise.all([here.write([begin('CA1')]), there.write([begin('CA1')])]);
    expect(results.flat().sort()).toEqual(['begun', 'fenced']);
  });

  it_('opens the record again for a later attempt, with the state that was left', async () => {
    const store = await openNew();
    await store.write([
      begin('CA1'),
      commit('CA1', 0, 2),
      finish('CA1', 0, 'no media'),
      begin('CA1', 1, 9000),
    ]);
    expect(await store.load('CA1')).toMatchObject({
      attempt: 1,
      startedAtWallMs: 1000,
      endedAtWallMs: null,
      endReason: null,
      state: { turn: 2 },
      resumes: 1,
    });
  });

  it_('ignores what an attempt that lost its call still writes, its turns included', async () => {
    const store = await openNew();
    await store.write([begin('CA1'), begin('CA1', 1), commit('CA1', 1, 2)]);
    await store.write([{ ...commit('CA1', 0, 9), turns: [turn(1)] }, finish('CA1', 0, 'completed')]);
    expect(await store.load('CA1')).toMatchObject({ state: { turn: 2 }, endReason: null });
    expect(await store.turnsOf('CA1')).toEqual([]);
  });

  it_('lets the first end of an attempt stand', async () => {
    const store = await openNew();
    await store.write([begin('CA1'), finish('CA1', 0, 'no media'), finish('CA1', 0, 'completed')]);
    expect((await store.load('CA1'))?.endReason).toBe('no media');
  });

  it_('takes back that a call was lost with its node when that node still commits for it', async () => {
    const store = await openNew();
    await store.write([begin('CA1'), finish('CA1', 0, 'node lost')]);
    await store.write([commit('CA1', 0, 2)]);
    expect(await store.load('CA1')).toMatchObject({ endReason: null, endedAtWallMs: null });
    await store.write([finish('CA1', 0, 'completed', 5000), commit('CA1', 0, 3)]);
    expect(await store.load('CA1')).toMatchObject({ endReason: 'completed', endedAtWallMs: 5000 });
  });

  it_('keeps turns and what was heard of them with the commit they belong to', async () => {
    const store = await openNew();
    const silent = turn(2, { how: 'no input', heard: null, value: null });
    await store.write([
      begin('CA1'),
      { ...commit('CA1', 0, 1), turns: [turn(1), silent] },
      { ...commit('CA1', 0, 2), turns: [turn(3, { nodeId: 'adult', value: true, heard: 'yes\0' })] },
    ]);
    expect(await store.turnsOf('CA1')).toEqual([
      turn(1),
      silent,
      turn(3, { nodeId: 'adult', value: true, heard: 'yes' }),
    ]);
  });

  it_('replaces a turn that is written again', async () => {
    const store = await openNew();
    const unanswered = turn(1, { answeredAtWallMs: null, how: null, heard: null, value: null });
    await store.write([begin('CA1'), { ...commit('CA1', 0, 1), turns: [unanswered] }]);
    await store.write([{ ...commit('CA1', 0, 2), turns: [turn(1)] }]);
    expect(await store.turnsOf('CA1')).toEqual([turn(1)]);
  });

  it_('lists the newest calls first, page by page', async () => {
    const store = await openNew();
    await store.write([begin('CA1', 0, 10), begin('CA3', 0, 30), begin('CA2', 0, 20), begin('CA4', 0, 20)]);
    const first = await store.list(2);
    expect(first.map(({ callSid }) => callSid)).toEqual(['CA3', 'CA4']);
    const rest = await store.list(9, { after: first.at(-1)! });
    expect(rest.map(({ callSid }) => callSid)).toEqual(['CA2', 'CA1']);
  });

  it_('lists by time and by outcome', async () => {
    const store = await openNew();
    await store.write([begin('CA1', 0, 10), begin('CA2', 0, 20), begin('CA3', 0, 30)]);
    await store.write([commit('CA1', 0, 4), commit('CA3', 0, 4)]);
    const sids = async (filter: Parameters<SqlStore['list']>[1]) =>
      (await store.list(9, filter)).map(({ callSid }) => callSid);
    expect(await sids({ sinceWallMs: 20 })).toEqual(['CA3', 'CA2']);
    expect(await sids({ outcome: 'eligible' })).toEqual(['CA3', 'CA1']);
    expect(await sids({ outcome: 'eligible', sinceWallMs: 20 })).toEqual(['CA3']);
  });

  it_('writes all of a batch or nothing', async () => {
    const store = await openNew();
    const bad = { ...begin('CA2'), attempt: Number.NaN };
    await expect(store.write([begin('CA1'), bad])).rejects.toThrow();
    expect(await store.load('CA1')).toBeNull();
    expect(await store.write([begin('CA1')])).toEqual(['begun']);
  });

  it_('writes a thousand calls in one transaction', async () => {
    const store = await openNew();
    const sids = Array.from({ length: 1000 }, (_, index) => `CA${index}`);
    const writes = sids.flatMap((sid): StoreWrite[] => [
      begin(sid),
      { ...commit(sid, 0, 1), turns: [turn(1)] },
    ]);
    expect((await store.write(writes)).filter((result) => result === 'begun')).toHaveLength(1000);
    expect(await store.list(2000)).toHaveLength(1000);
  });

  it_('keeps the text of a flow once, by its hash', async () => {
    const store = await openNew();
    const flow = { kind: 'flow', hash: 'h1', name: 'short', text: 'flow: short', atWallMs: 1 } as const;
    await store.write([flow, { ...flow, text: 'another text' }]);
    expect(await store.flowText('h1')).toBe('flow: short');
    expect(await store.flowText('h2')).toBeNull();
  });

  it_('marks calls of a process that died, at the time of their last word', async () => {
    const place = await engine.place();
    const dead = await place.open();
    await dead.write([begin('CA1', 0, 10), commit('CA1', 0, 1, 500), begin('CA2', 0, 9000)]);
    const store = await place.open();
    expect(await store.abandon(5000)).toBe(1);
    expect(await store.load('CA1')).toMatchObject({ endReason: 'stream lost', endedAtWallMs: 500 });
    expect(await store.load('CA2')).toMatchObject({ endReason: null });
  });

  it_('never marks a call that it began, or began again, itself', async () => {
    const place = await engine.place();
    await (await place.open()).write([begin('CA1', 0, 10), begin('CA2', 0, 10)]);
    const store = await place.open();
    await store.write([begin('CA1', 1, 20), finish('CA1', 0, 'no media'), begin('CA3', 0, 30)]);
    expect(await store.abandon(5000)).toBe(1);
    expect((await store.load('CA1'))?.endReason).toBeNull();
    expect((await store.load('CA2'))?.endReason).toBe('stream lost');
    expect((await store.load('CA3'))?.endReason).toBeNull();
  });

  it_('tells where each live call is', async () => {
    const place = await engine.place();
    const [here, there] = [await place.open({ nodeId: 'here' }), await place.open({ nodeId: 'there' })];
    await here.write([begin('CA1', 0, 10), begin('CA2', 0, 20), finish('CA2', 0, 'completed')]);
    await there.write([begin('CA3', 0, 30)]);
    expect(await here.liveCalls(10)).toMatchObject([
      { callSid: 'CA1', attempt: 0, nodeId: 'here', nodeUrl: null, startedAtWallMs: 10 },
      { callSid: 'CA3', attempt: 0, nodeId: 'there', nodeUrl: null, startedAtWallMs: 30 },
    ]);
  });

  describe('counts the calls of a span of time', () => {
    const span = { sinceWallMs: 1000, untilWallMs: 2000, after: null, limit: 100 };
    /** A call that was asked these nodes one after the other; null: no answer could be read. */
    const asked = (
      callSid: string,
      atWallMs: number,
      nodes: readonly (readonly [string, boolean | null])[],
    ) => [
      begin(callSid, 0, atWallMs),
      {
        ...commit(callSid, 0, 0),
        turns: nodes.map(([nodeId, value], index) =>
          turn(index + 1, { nodeId, value, how: value === null ? 'no input' : 'speech' }),
        ),
      },
    ];

    it_('by outcome, or by why they ended undecided; one that is on is in neither', async () => {
      const store = await openNew();
      await store.write([
        begin('CA1', 0, 999),
        finish('CA1', 0, 'completed'),
        ...[1000, 1500].flatMap((at) => [
          begin(`CA${at}`, 0, at),
          commit(`CA${at}`, 0, 4),
          finish(`CA${at}`, 0, 'completed'),
        ]),
        begin('CA2', 0, 1600),
        finish('CA2', 0, 'caller hung up'),
        begin('CA3', 0, 1999),
        begin('CA4', 0, 2000),
        finish('CA4', 0, 'no media'),
      ]);
      expect(await store.tally(span)).toEqual({
        outcomes: { eligible: 2, 'caller hung up': 1 },
        turns: 0,
        steps: [],
        next: null,
      });
    });

    it_('by their steps from node to node, a question that was asked again being one', async () => {
      const store = await openNew();
      await store.write([
        ...asked('CA1', 1000, [
          ['adult', null],
          ['adult', true],
          ['age', true],
        ]),
        ...asked('CA2', 1001, [
          ['adult', true],
          ['age', null],
        ]),
        ...asked('CA3', 1002, [
          ['adult', null],
          ['adult', null],
          ['goodbye', null],
        ]),
        ...asked('CA4', 2000, [['adult', true]]),
      ]);
      const { steps, turns } = await store.tally(span);
      expect(turns).toBe(8);
      const flowHash = 'f'.repeat(64);
      const sorted = [...steps].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
      expect(sorted).toEqual([
        { flowHash, from: 'adult', to: 'age', wasAnswered: true, calls: 2 },
        { flowHash, from: 'adult', to: 'goodbye', wasAnswered: false, calls: 1 },
        { flowHash, from: null, to: 'adult', wasAnswered: false, calls: 3 },
      ]);
    });

    it_('slice by slice, each once, also of those that began in one millisecond', async () => {
      const store = await openNew();
      const callSids = Array.from({ length: 25 }, (_, index) => `CA${String(index).padStart(2, '0')}`);
      await store.write(
        callSids.flatMap((callSid, index) => [
          ...asked(callSid, 1000 + Math.floor(index / 10), [['adult', true]]),
          finish(callSid, 0, 'completed'),
        ]),
      );
      const calls: number[] = [];
      let after: TallySpan['after'] = null;
      do {
        const slice: TallySlice = await store.tally({ ...span, after, limit: 7 });
        calls.push(slice.outcomes['completed'] ?? 0);
        after = slice.next;
      } while (after !== null);
      expect(calls).toEqual([7, 7, 7, 4]);
    });
  });
});
