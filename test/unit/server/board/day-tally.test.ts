import { describe, expect, it } from 'vitest';
import type { TallySlice, TallySpan } from '../../../../src/channel/store-messages.ts';
import { DayTally } from '../../../../src/server/board/day-tally.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { keptLog } from '../../../support/silent-log.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MIDNIGHT_MS = new Date(2026, 10, 22).getTime();

interface Call {
  readonly startedAtWallMs: number;
  readonly callSid: string;
  outcome: string;
}

/** A store that holds `calls`, in order of their begin, and keeps how it was asked. */
function setUp({ hours = 12 } = {}) {
  const clock = new FakeClock(MIDNIGHT_MS);
  clock.advanceMs(hours * HOUR_MS);
  const calls: Call[] = [];
  const asked: TallySpan[] = [];
  const state = { fails: false };
  const { log, lines } = keptLog();
  const tally = async (span: TallySpan): Promise<TallySlice> => {
    asked.push(span);
    if (state.fails) throw new Error('on cue');
    const { after, limit, sinceWallMs, untilWallMs } = span;
    const first = calls.findIndex(({ callSid, startedAtWallMs }) =>
      after === null ? startedAtWallMs >= sinceWallMs : callSid === after.callSid,
    );
    const found = calls
      .slice(first < 0 ? calls.length : first + (after === null ? 0 : 1))
      .slice(0, limit)
      .filter(({ startedAtWallMs }) => startedAtWallMs < untilWallMs);
    const outcomes: Record<string, number> = {};
    for (const { outcome } of found) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const step = { flowHash: 'f', from: null, to: 'q1', wasAnswered: false, calls: found.length };
    return {
      outcomes,
      turns: found.length * 3,
      steps: [step],
      next: found.length < limit ? null : found.at(-1)!,
    };
  };
  const day = new DayTally({ clock, log, tally, callLifeMs: 5 * MINUTE_MS });
  const began = (agoMs: number, outcome: string, count = 1): void => {
    for (let index = 0; index < count; index++) {
      const callSid = `CA${String(calls.length).padStart(6, '0')}`;
      calls.push({ callSid, startedAtWallMs: clock.wallMs() - agoMs, outcome });
    }
  };
  /** Until it is counted; pauses pass by themselves. */
  const look = async (): Promise<void> => {
    let isOver = false;
    void day.look().then(() => {
      isOver = true;
    });
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advanceMs(20);
    }
  };
  const outcomes = () =>
    Object.fromEntries(day.totals.outcomes.map(({ name, calls: count }) => [name, count]));
  return { asked, began, calls, clock, day, lines, look, outcomes, state };
}

describe("today's numbers", () => {
  it('are of all calls since midnight, each once, however many slices they take', async () => {
    const { began, day, look, outcomes } = setUp();
    began(13 * HOUR_MS, 'yesterday');
    began(6 * HOUR_MS, 'eligible', 1200);
    began(HOUR_MS, 'not-eligible', 7);
    began(MINUTE_MS, 'eligible', 600);
    await look();
    expect(outcomes()).toEqual({ eligible: 1800, 'not-eligible': 7 });
    expect(day.totals.turns).toBe(1807 * 3);
    expect(day.totals.steps).toEqual([
      { flowHash: 'f', from: null, to: 'q1', wasAnswered: false, calls: 1807 },
    ]);
  });

  it('follow calls that may change still, and ask for those that cannot no more', async () => {
    const { asked, began, calls, clock, look, outcomes } = setUp();
    began(2 * HOUR_MS, 'eligible', 3);
    began(MINUTE_MS, 'caller hung up');
    await look();
    calls[3]!.outcome = 'eligible';
    clock.advanceMs(5000);
    asked.length = 0;
    await look();
    expect(outcomes()).toEqual({ eligible: 4 });
    for (const { sinceWallMs } of asked) expect(sinceWallMs).toBeGreaterThan(clock.wallMs() - 7 * MINUTE_MS);
    clock.advanceMs(HOUR_MS);
    began(0, 'eligible');
    await look();
    expect(outcomes()).toEqual({ eligible: 5 });
  });

  it('are looked for at most every 5 s, by however many', async () => {
    const { asked, clock, day, look } = setUp();
    await Promise.all([day.look(), day.look(), day.look()]);
    const once = asked.length;
    clock.advanceMs(4999);
    await day.look();
    expect(asked.length).toBe(once);
    clock.advanceMs(1);
    await look();
    expect(asked.length).toBeGreaterThan(once);
  });

  it('pause between slices, so that commits come in between', async () => {
    const { asked, began, clock, day } = setUp();
    began(HOUR_MS, 'eligible', 1000);
    void day.look();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(1);
    clock.advanceMs(20);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(2);
  });

  it('come bit by bit where a day has more than one look takes, and none twice', async () => {
    const { began, clock, look, outcomes } = setUp();
    began(HOUR_MS, 'eligible', 100_100);
    began(MINUTE_MS, 'not-eligible');
    await look();
    expect(outcomes()).toEqual({ eligible: 100_000 });
    clock.advanceMs(5000);
    await look();
    expect(outcomes()).toEqual({ eligible: 100_100, 'not-eligible': 1 });
  });

  it('stay what they were while the store cannot tell, which is said once', async () => {
    const { began, clock, lines, look, outcomes, state } = setUp();
    began(HOUR_MS, 'eligible', 2);
    await look();
    state.fails = true;
    for (let tries = 0; tries < 3; tries++) {
      clock.advanceMs(5000);
      await look();
    }
    expect(outcomes()).toEqual({ eligible: 2 });
    expect(lines().filter((line) => line.event === 'board.stale')).toHaveLength(1);
    state.fails = false;
    began(0, 'eligible');
    clock.advanceMs(5000);
    await look();
    expect(outcomes()).toEqual({ eligible: 3 });
  });

  it('begin anew at midnight', async () => {
    const { began, clock, look, outcomes } = setUp({ hours: 23 });
    began(HOUR_MS, 'eligible', 2);
    await look();
    expect(outcomes()).toEqual({ eligible: 2 });
    clock.advanceMs(HOUR_MS);
    expect(outcomes()).toEqual({});
    began(0, 'not-eligible');
    await look();
    expect(outcomes()).toEqual({ 'not-eligible': 1 });
  });
});
