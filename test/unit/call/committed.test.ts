import { join } from 'node:path';
import { setImmediate as endOfTick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Committed, type Transition } from '../../../src/call/committed.ts';
import type { TransitionsParts } from '../../../src/call/transitions.ts';
import type { StoreAnswer, StoreRequest } from '../../../src/channel/store-messages.ts';
import type { FlowState } from '../../../src/flow/state.ts';
import { StoreClient, type StorePort } from '../../../src/store/store-client.ts';
import { StoreThread } from '../../../src/store/store-thread.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';
import { openStore } from '../../support/store-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const CALL = { callSid: 'CA1', attempt: 0, move: 0 };
const DEFERRED_AFTER_MS = 250;

const transition = (nodeId: string): Transition => ({
  state: { nodeId, outcome: null, answers: {} } as unknown as FlowState,
  actions: [{ kind: 'hangup' } as unknown as Transition['actions'][number]],
});

/** A client, a store thread and a file, as in a server but on one thread; the file takes nothing while `isDown`. */
async function storeUnderTest() {
  const path = join(temporaryFolder(), 'calls.sqlite');
  const store = openStore(path);
  const clock = new FakeClock();
  const disk = { isDown: false };
  const refusing = new Proxy(store, {
    get: (target, name: keyof typeof store) => {
      if (name === 'write' && disk.isDown) return async () => Promise.reject(new Error('the disk is full'));
      if (name === 'isTransient') return () => true;
      const member = target[name];
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const thread = new StoreThread({ store: refusing, clock, log: silentLog });
  let answered: (answer: StoreAnswer) => void = () => {};
  const ask = thread.addClient((answer) => answered(answer));
  const port = {
    postMessage: (request: StoreRequest) => ask(request),
    on: (event: string, listener: (answer: StoreAnswer) => void) => {
      if (event === 'message') answered = listener;
    },
    close: () => {},
  };
  const client = new StoreClient(port as unknown as StorePort, { clock, log: silentLog });
  await client.begin({ callSid: 'CA1', attempt: 0, from: '', to: '', flowHash: 'f' });
  return {
    client,
    clock,
    disk,
    thread,
    /** What a server that is started after a `kill -9` finds. */
    nodeAfterKill: async () => {
      const state = (await openStore(path).load('CA1'))?.state as FlowState | null;
      return state?.nodeId ?? null;
    },
  };
}

describe('what a caller may be told', () => {
  it('comes from a commit and from nothing else: the rest does not compile', async () => {
    const { client } = await storeUnderTest();
    const tell: TransitionsParts['onCommitted'] = () => {};
    const { actions, state } = transition('first');
    const result = 'durable' as const;
    // @ts-expect-error A transition is no commit.
    tell({ actions, state }, state);
    // @ts-expect-error Nor is what has the shape of one.
    tell({ actions, state, result }, state);
    // @ts-expect-error Nobody else makes one.
    expect(new Committed({ actions, state }, result)).toBeDefined();
    const committed = await Committed.commit(client, CALL, { actions, state });
    expect(() => {
      // @ts-expect-error Nor changes what one says.
      committed.actions = [];
    }).toThrow(TypeError);
    tell(committed, state, null);
    expect(committed).toMatchObject({ actions, result: 'durable' });
  });

  it('comes of a deferred commit too, which is counted until it is written, and which a kill may lose', async () => {
    const { client, clock, disk, nodeAfterKill, thread } = await storeUnderTest();
    expect((await Committed.commit(client, CALL, transition('first'))).result).toBe('durable');

    disk.isDown = true;
    const committing = Committed.commit(client, CALL, transition('second'));
    await endOfTick();
    clock.advanceMs(DEFERRED_AFTER_MS + 1);
    const committed = await committing;
    expect(committed.result).toBe('deferred');
    expect(committed.actions).toHaveLength(1);
    expect(client.deferredCount).toBe(1);
    expect(thread.health.lateWrites).toBe(1);
    // The promise is for what was durable.
    expect(await nodeAfterKill()).toBe('first');

    disk.isDown = false;
    for (let tries = 0; tries < 5; tries++) {
      clock.advanceMs(1000);
      await endOfTick();
    }
    expect(client.deferredCount).toBe(0);
    expect(client.totals).toEqual({ deferred: 1, lost: 0 });
    expect(await nodeAfterKill()).toBe('second');
  });
});
