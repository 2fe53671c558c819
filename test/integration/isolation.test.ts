/**
 * One call's fault is nobody else's. Twelve callers are on both workers when the thirteenth's code or worker fails: on the
 * other worker they reach their outcome, on the lost one they hear an apology and are let go, and the next caller is served.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
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
  readonly others: readonly Finished[];
  /** Of those, by what became of them. */
  readonly completed: readonly Finished[];
  readonly lost: readonly Finished[];
}

/** The others are in the middle of their call when it happens. */
async function afterwards(cue: keyof typeof CUES): Promise<Aftermath> {
  const patient = { first: [null, yes, '1'], second: [yes, yes, '1'] };
  const placed = Array.from({ length: OTHERS }, () => rig.place({ answers: patient }));
  const faulty = rig.place({ number: 'cued', answers: { cue: `${CUES[cue]}#`, [cue]: yes } });
  const others = await Promise.all(placed.map((call) => call.finished));
  return {
    faulty: await faulty.finished,
    others,
    completed: others.filter(({ record }) => record.endReason === 'completed'),
    lost: others.filter(({ record }) => record.endReason === 'worker failed'),
  };
}

function expectUntouched(calls: readonly Finished[]): void {
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

it('leaves every other call untouched when the code of one throws, and when a recognition fails', async () => {
  const rejected = rig.place({
    number: 'cued',
    answers: { cue: `${CUES.reject}#`, reject: [yes, '1'] },
  });
  const { faulty, others } = await afterwards('throw');
  expectPoliteEnd(faulty, 'call failed');
  const { notes, record } = await rejected.finished;
  expect(record).toMatchObject({ outcome: 'done', endReason: 'completed' });
  const said = notes.flatMap(({ note }) => (note.kind === 'bot said' ? [note.text] : []));
  expect(said.at(-2)).toMatch(/keypad/);
  expectUntouched(others);
  await expectAllWellAgain();
});

describe('the other worker is untouched, and the calls of the lost one end politely', () => {
  it.each([
    ['throws past every call', 'stray'],
    ['exits', 'exit'],
    ['spins for ever', 'spin'],
    ['outgrows its memory', 'grow'],
  ] as const)('when a worker %s', async (_, cue) => {
    const lostBefore = rig.trunkline.server.workers.lostCount;
    const { completed, faulty, lost } = await afterwards(cue);
    expectPoliteEnd(faulty, 'worker failed');
    expect([completed.length, lost.length]).toEqual([OTHERS / 2, OTHERS / 2]);
    expectUntouched(completed);
    for (const call of lost) expectPoliteEnd(call, 'worker failed');
    expect(rig.trunkline.server.workers.lostCount - lostBefore).toBe(1);
    await expectAllWellAgain();
  });
});

it('leaves one record for each call', async () => {
  await vi.waitFor(async () => {
    const records = await rig.records();
    expect(new Set(records.map(({ callSid }) => callSid)).size).toBe(records.length);
    expect(records.filter(({ endReason }) => endReason === null)).toEqual([]);
  });
});
