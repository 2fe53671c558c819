/**
 * One call's fault is nobody else's. Twelve callers are on both workers when the thirteenth's code or worker fails, and
 * fails again when its question is asked again: all twelve reach their outcome, those of the lost worker after an apology;
 * the thirteenth is told goodbye, and the next caller is served. In what ways a worker can be lost: `worker-loss.test.ts`.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { CallMove } from '../../src/server/live-call-surroundings.ts';
import { speak } from '../support/caller-speech.ts';
import { CUES, type Finished, TrunklineRig } from '../support/trunkline-rig.ts';

const OTHERS = 12;

let rig: TrunklineRig;
let yes: Uint8Array;

beforeAll(async () => {
  rig = await TrunklineRig.start({ WORKER_STALL_MS: '500', WORKER_MEMORY_MB: '128' });
  yes = await speak('yes');
}, 60_000);

afterAll(() => rig.close());

interface Aftermath {
  readonly faulty: Finished;
  readonly faultyMoves: readonly CallMove[];
  readonly others: readonly Finished[];
  /** Of those, how many went on elsewhere. */
  readonly moved: number;
}

/** The others are in the middle of their call when it happens. */
async function afterwards(cue: keyof typeof CUES, again: '2' | null = null): Promise<Aftermath> {
  const moves = new Map<string, CallMove[]>();
  const leave = rig.trunkline.server.directory.observe({
    onMove: (callSid, move) => moves.set(callSid, [...(moves.get(callSid) ?? []), move]),
  });
  const patient = { first: [null, yes, '1'], second: [yes, yes, '1'] };
  const placed = Array.from({ length: OTHERS }, () => rig.place({ answers: patient }));
  const faulty = rig.place({
    number: 'cued',
    answers: { cue: `${CUES[cue]}#`, [cue]: again === null ? yes : [yes, again] },
  });
  const others = await Promise.all(placed.map((call) => call.finished));
  const end = await faulty.finished;
  leave();
  return {
    faulty: end,
    faultyMoves: moves.get(faulty.call.callSid) ?? [],
    others,
    moved: placed.filter(({ call }) => moves.has(call.callSid)).length,
  };
}

/** At most an apology came in between. */
function expectCompleted(calls: readonly Finished[]): void {
  for (const { record, report } of calls) {
    expect(record).toMatchObject({ outcome: 'both', endReason: 'completed' });
    expect(report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [], warnings: [] });
    expect(Math.max(0, ...report.gapsMs)).toBeLessThanOrEqual(60);
  }
}

/** The apology was heard to its end, then we hung up: no dead air, and no error of the carrier's. */
function expectPoliteEnd(call: Finished, reason: 'worker failed' | 'call failed'): void {
  expect(call.record.endReason).toBe(reason);
  expect(call.report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [] });
  const [stream] = call.report.streams;
  expect(stream!.marks.at(-1)).toMatchObject({ heard: true });
  expect(stream!.marks.at(-1)!.echoedAtMs! - stream!.marks.at(-1)!.receivedAtMs).toBeGreaterThan(0);
  expect(stream!.end).toEqual({ kind: 'closed', closeCode: 1000 });
}

async function expectAllWellAgain(): Promise<void> {
  await rig.workersReady();
  await rig.nothingIsLeft();
  await Promise.all([rig.freshCallerIsServed(), rig.freshCallerIsServed()]);
}

it('s14 leaves every other call untouched when the code of one throws, and when a recognition fails', async () => {
  const rejected = rig.place({
    number: 'cued',
    answers: { cue: `${CUES.reject}#`, reject: [yes, '1'] },
  });
  const { faulty, faultyMoves, moved, others } = await afterwards('throw');
  expectPoliteEnd(faulty, 'call failed');
  expect(faultyMoves).toMatchObject([{ how: 'remake' }]);
  expect(moved).toBe(0);
  const { notes, record } = await rejected.finished;
  expect(record).toMatchObject({ outcome: 'done', endReason: 'completed' });
  const said = notes.flatMap(({ note }) => (note.kind === 'bot said' ? [note.text] : []));
  expect(said.at(-2)).toMatch(/keypad/);
  expectCompleted(others);
  await expectAllWellAgain();
});

it.each([
  ['exits', 'exit'],
  ['spins for ever', 'spin'],
] as const)('s14 loses one call only when a worker %s, and again on a worker of its own', async (_, cue) => {
  const lostBefore = rig.trunkline.server.workers.lostCount;
  const { faulty, faultyMoves, moved, others } = await afterwards(cue);
  expectPoliteEnd(faulty, 'worker failed');
  expect(faultyMoves).toMatchObject([{ how: 'isolate' }]);
  expectCompleted(others);
  expect(moved).toBe(OTHERS / 2);
  expect(rig.trunkline.server.workers.lostCount - lostBefore).toBe(2);
  await expectAllWellAgain();
});

it('loses no call when a worker throws past every call, nor the answer that it had just read', async () => {
  const lostBefore = rig.trunkline.server.workers.lostCount;
  const { faulty, faultyMoves, moved, others } = await afterwards('stray');
  expect(faulty.record).toMatchObject({
    outcome: 'done',
    endReason: 'completed',
    answers: { stray: 'stray' },
  });
  const asked = faulty.notes.filter(({ note }) => note.kind === 'bot said' && note.nodeId === 'stray');
  expect(asked).toHaveLength(1);
  expect(faultyMoves).toMatchObject([{ how: 'isolate' }]);
  expectCompleted(others);
  expect(moved).toBe(OTHERS / 2);
  expect(rig.trunkline.server.workers.lostCount - lostBefore).toBe(1);
  await expectAllWellAgain();
});

it('s14 loses no call when a worker outgrows its memory between calls, so that none can be suspected', async () => {
  const lostBefore = rig.trunkline.server.workers.lostCount;
  const { faulty, faultyMoves, others } = await afterwards('grow', '2');
  expect(faulty.record).toMatchObject({ outcome: 'done', endReason: 'completed' });
  expect(faultyMoves).toMatchObject([{ how: 'move' }]);
  expectCompleted(others);
  expect(rig.trunkline.server.workers.lostCount - lostBefore).toBe(1);
  await expectAllWellAgain();
});

it('leaves one record for each call', async () => {
  await vi.waitFor(async () => {
    const records = await rig.records();
    expect(new Set(records.map(({ callSid }) => callSid)).size).toBe(records.length);
    expect(records.filter(({ endReason }) => endReason === null)).toEqual([]);
  });
});
