import { describe, expect, it } from 'vitest';
import type { RedirectAnswer } from '../../../src/server/call-redirect.ts';
import { SilentCalls } from '../../../src/server/silent-calls.ts';
import type { CallRecord } from '../../../src/store/call-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

const LIFE_MS = 300_000;

function record(callSid: string, more: Partial<CallRecord> = {}, clock = new FakeClock()): CallRecord {
  return {
    callSid,
    direction: 'inbound',
    attempt: 0,
    from: '',
    to: '',
    flowHash: '',
    startedAtWallMs: clock.wallMs() - 10_000,
    endedAtWallMs: null,
    endReason: null,
    outcome: null,
    answers: {},
    transfer: null,
    transferStatus: null,
    state: null,
    ...more,
  };
}

function rig(
  records: CallRecord[],
  answers: readonly RedirectAnswer[] = [{ kind: 'redirected' }],
  live = '',
) {
  const clock = new FakeClock();
  const asked: { url: string; atMs: number }[] = [];
  const finished: string[] = [];
  const calls = new SilentCalls({
    clock,
    log: silentLog,
    store: {
      engine: 'sqlite',
      liveCalls: async () => [],
      nodes: async () => [],
      list: async () => records,
      finish: async (callSid, attempt, reason) => {
        finished.push(`${callSid} ${attempt} ${reason}`);
        return 'durable';
      },
    },
    nodeId: 'self',
    redirect: async (_callSid, url) => {
      asked.push({ url, atMs: clock.nowMs() });
      return answers[Math.min(asked.length, answers.length) - 1]!;
    },
    continueUrl: (callSid, attempt) => `${callSid}/${attempt}`,
    isKnown: (callSid) => callSid === live,
    callLifeMs: LIFE_MS,
  });
  let isDone = false;
  void calls.bringBack().then(() => {
    isDone = true;
  });
  const advanceMs = async (byMs: number) => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    clock.advanceMs(byMs);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { advanceMs, asked, calls, clock, finished, isDone: () => isDone };
}

describe('calls that an earlier process left behind', () => {
  it('are redirected after 3 s of silence, not before', async () => {
    const { advanceMs, asked, isDone } = rig([record('CA1', { attempt: 2 }), record('CA2')]);
    await advanceMs(2999);
    expect(asked).toEqual([]);
    await advanceMs(1);
    expect(asked.map(({ url }) => url)).toEqual(['CA1/2', 'CA2/0']);
    expect(isDone()).toBe(true);
  });

  it('are left alone when their carrier came back, a stream is here, or they are over', async () => {
    const { advanceMs, asked, calls } = rig(
      [
        record('CAback'),
        record('CAlive'),
        record('CAended', { endReason: 'caller hung up' }),
        record('CAdecided', { outcome: 'done' }),
        record('CAold', { startedAtWallMs: new FakeClock().wallMs() - LIFE_MS }),
        record('CAcut', { endReason: 'shutting down' }),
      ],
      undefined,
      'CAlive',
    );
    await advanceMs(1000);
    calls.cameBack('CAback');
    await advanceMs(2000);
    expect(asked.map(({ url }) => url)).toEqual(['CAcut/0']);
  });

  it('end in their record when the carrier says that they are over', async () => {
    const { advanceMs, finished } = rig([record('CA1', { attempt: 1 })], [{ kind: 'over' }]);
    await advanceMs(3000);
    expect(finished).toEqual(['CA1 1 stream lost']);
  });

  it('are asked for three times where it may help, once where it may not', async () => {
    const busy = rig([record('CA1')], [{ kind: 'later', reason: 'HTTP 429' }]);
    await busy.advanceMs(3000);
    for (let second = 0; second < 10; second++) await busy.advanceMs(1000);
    expect(busy.asked.map(({ atMs }) => atMs)).toEqual([3000, 4000, 6000]);
    expect([busy.isDone(), busy.finished]).toEqual([true, []]);
    const denied = rig([record('CA1')], [{ kind: 'refused', reason: 'HTTP 401' }]);
    await denied.advanceMs(3000);
    for (let second = 0; second < 10; second++) await denied.advanceMs(1000);
    expect(denied.asked).toHaveLength(1);
  });

  it('are not asked for any more when the server closes', async () => {
    const { advanceMs, asked, calls } = rig([record('CA1')]);
    await advanceMs(1000);
    calls.close();
    await advanceMs(5000);
    expect(asked).toEqual([]);
  });
});
