import { describe, expect, it } from 'vitest';
import { callsOfDeadNodes } from '../../../src/server/dead-nodes.ts';
import type { LiveCallPlace, NodeSeen } from '../../../src/store/call-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Nodes on a database of this test's own; those in `beating` say every 2 s that they live, and `self` asks. */
function fleetUnderTest() {
  const clock = new FakeClock();
  const calls: LiveCallPlace[] = [];
  const seenAt = new Map<string, number>();
  const startedAt = new Map<string, number>([['self', 1000]]);
  const beating = new Set(['self']);
  let isAway = false;
  const live = (callSid: string, nodeId: string, attempt = 0) => {
    calls.push({ callSid, nodeId, attempt } as LiveCallPlace);
    seenAt.set(nodeId, 0);
  };
  const store = {
    liveCalls: async () => {
      if (isAway) throw new Error('away');
      return [...calls];
    },
    nodes: async () =>
      [...seenAt].map(
        ([nodeId, at]) =>
          ({ nodeId, seenAtWallMs: at, startedAtWallMs: startedAt.get(nodeId) ?? 0 }) as NodeSeen,
      ),
  };
  let isClosed = false;
  let found: readonly string[] | null = null;
  const begin = () =>
    void callsOfDeadNodes({ clock, nodeId: 'self', store }, () => isClosed).then((left) => {
      found = left.map(({ callSid }) => callSid);
    });
  const looks = async (count: number) => {
    for (let look = 0; look < count; look++) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      for (const nodeId of beating) seenAt.set(nodeId, clock.nowMs());
      clock.advanceMs(2000);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  };
  return {
    ...{ begin, beating, calls, live, looks, seenAt, startedAt },
    close: () => (isClosed = true),
    databaseIsAway: (away: boolean) => (isAway = away),
    found: () => found,
  };
}

describe('the calls of dead nodes', () => {
  it('are those whose node has said nothing for 14 s', async () => {
    const { beating, begin, found, live, looks } = fleetUnderTest();
    live('CA1', 'dead');
    live('CA2', 'living');
    beating.add('living');
    begin();
    await looks(6);
    expect(found()).toBeNull();
    await looks(1);
    expect(found()).toEqual(['CA1']);
  });

  it('are none where every node lives, and where nobody calls', async () => {
    const { beating, begin, found, live, looks } = fleetUnderTest();
    live('CA1', 'living');
    beating.add('living');
    begin();
    await looks(2);
    expect(found()).toEqual([]);
    const idle = fleetUnderTest();
    idle.begin();
    await idle.looks(1);
    expect(idle.found()).toEqual([]);
  });

  it('are not those that came back on another node meanwhile, or ended', async () => {
    const { beating, begin, calls, found, live, looks } = fleetUnderTest();
    for (const callSid of ['CA1', 'CA2', 'CA3']) live(callSid, 'dead');
    begin();
    await looks(5);
    calls.splice(1, 2);
    live('CA2', 'living', 1);
    beating.add('living');
    await looks(2);
    expect(found()).toEqual(['CA1']);
  });

  it('are counted anew when the database was away: then nobody could say that they live', async () => {
    const { begin, beating, databaseIsAway, found, live, looks } = fleetUnderTest();
    live('CA1', 'living');
    begin();
    await looks(2);
    databaseIsAway(true);
    await looks(2);
    databaseIsAway(false);
    await looks(2);
    beating.add('living');
    await looks(3);
    expect(found()).toEqual([]);
  });

  it('are not those of a node that has lost its connection once, and speaks again after 12 s', async () => {
    const { begin, beating, found, live, looks } = fleetUnderTest();
    live('CA1', 'cut off');
    begin();
    await looks(6);
    beating.add('cut off');
    await looks(2);
    expect(found()).toEqual([]);
  });

  it('are nobody’s while the database takes no heartbeats: its disk is full, or it is a standby', async () => {
    const { begin, beating, found, live, looks } = fleetUnderTest();
    live('CA1', 'living');
    beating.add('living');
    begin();
    await looks(1);
    const all = [...beating];
    beating.clear();
    await looks(10);
    for (const nodeId of all) beating.add(nodeId);
    await looks(10);
    expect(found()).toEqual([]);
  });

  it('are left to the first of several nodes that start in their place', async () => {
    const [ours, theirs, ofTheFallen] = [fleetUnderTest(), fleetUnderTest(), fleetUnderTest()];
    for (const { begin, beating, live, looks, seenAt, startedAt } of [ours, theirs, ofTheFallen]) {
      live('CA1', 'dead');
      seenAt.set('dead', 500);
      // Who was there before it died looks for nobody.
      startedAt.set('old', 100);
      startedAt.set('other', seenAt === ours.seenAt ? 1001 : 999);
      for (const nodeId of ['old', 'other']) {
        seenAt.set(nodeId, 1);
        beating.add(nodeId);
      }
      if (seenAt === ofTheFallen.seenAt) beating.delete('other');
      begin();
      await looks(8);
    }
    expect([ours, theirs, ofTheFallen].map(({ found }) => found())).toEqual([['CA1'], [], ['CA1']]);
  });

  it('are nobody’s business once the server closes', async () => {
    const { begin, close, found, live, looks } = fleetUnderTest();
    live('CA1', 'dead');
    begin();
    await looks(2);
    close();
    await looks(7);
    expect(found()).toEqual([]);
  });
});
