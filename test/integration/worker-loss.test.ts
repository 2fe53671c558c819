/**
 * Fifty callers in mid-question when a worker is lost, in each way that it can be. Every one reaches the outcome that their
 * answers imply, is asked nothing again that they had answered, and hears a short apology at most. How long they heard
 * nothing is printed. Three servers run side by side, each one fault after the other, so that the file takes a minute.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { BroadcastChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeG711 } from '../../src/audio/g711.ts';
import type { CallMove } from '../../src/server/live-call-surroundings.ts';
import { speak } from '../support/caller-speech.ts';
import { RECOGNITIONS_CHANNEL, type RecognitionNote } from '../support/recognition-notes.ts';
import { CUES, type Finished, type RigCall, TrunklineRig } from '../support/trunkline-rig.ts';

const OTHERS = 49;
/** Within this they are placed, evenly; when the fault comes, all have answered one question and are at the next. */
const PLACING_MS = 500;
const FAULTY_AFTER_MS = 700;
/** The caller's own pause before an answer. */
const TURN_MS = 350;
const FRAME_MS = 20;
const FRAME_SAMPLES = 160;
/** Of 32,768. */
const AUDIBLE = 200;
const APOLOGY = /short problem on the line/;

/** What the faulty caller answers when the question that did it comes again: a key, or the same once more. */
const FAULTS = {
  'throws past every call': { cue: 'stray', again: 'key' },
  exits: { cue: 'exit', again: 'key' },
  'spins for ever': { cue: 'spin', again: 'key' },
  'outgrows its memory by objects': { cue: 'objects', again: 'key' },
  'outgrows its memory by a growing Map': { cue: 'map', again: 'key' },
  'outgrows its memory by one large array': { cue: 'array', again: 'key' },
  'outgrows its memory by Buffers': { cue: 'buffers', again: 'key' },
  'is poisoned by a call that spins at each resume': { cue: 'spin', again: 'same' },
} as const satisfies Record<string, { cue: keyof typeof CUES; again: 'key' | 'same' }>;
type Fault = keyof typeof FAULTS;

/** Recognitions are told of to all servers of this process: the two that spin are on the same one. */
const LANES: readonly (readonly Fault[])[] = [
  ['throws past every call', 'outgrows its memory by objects', 'outgrows its memory by a growing Map'],
  ['exits', 'outgrows its memory by one large array', 'outgrows its memory by Buffers'],
  ['spins for ever', 'is poisoned by a call that spins at each resume'],
];

interface Other {
  readonly finished: Finished;
  readonly moves: readonly CallMove[];
  readonly outcome: 'both' | 'not-both';
  /** Those of the bot's words that came before the fault, and after. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The longest silence of ours from the fault to the caller's answer. */
  readonly gapMs: number;
}

interface Aftermath {
  readonly faulty: Finished;
  readonly faultyMoves: readonly CallMove[];
  readonly others: readonly Other[];
  readonly moved: readonly Other[];
  readonly lost: number;
  /** This thread, which is the callers' too, was held up for so long at most. */
  readonly heldUpMs: number;
}

const rigs: TrunklineRig[] = [];
const aftermaths = new Map<Fault, Aftermath>();

beforeAll(async () => {
  const yes = await speak('yes');
  rigs.push(...(await Promise.all(LANES.map(() => TrunklineRig.start({ WORKER_MEMORY_MB: '160' })))));
  await Promise.all(
    LANES.map(async (faults, lane) => {
      for (const fault of faults) aftermaths.set(fault, await afterwards(rigs[lane]!, fault, yes));
    }),
  );
  for (const [fault, aftermath] of aftermaths) print(fault, aftermath);
}, 120_000);

afterAll(() => Promise.all(rigs.map((rig) => rig.close())));

/** Resolves when the recognizer is about to do what `cue` says. */
function faultOf(cue: string): Promise<number> {
  const channel = new BroadcastChannel(RECOGNITIONS_CHANNEL);
  return new Promise((resolve) => {
    channel.onmessage = (event) => {
      const note = (event as { data: RecognitionNote }).data;
      if (note.cue !== cue || note.what !== 'heard') return;
      channel.close();
      resolve(performance.now());
    };
  });
}

async function afterwards(rig: TrunklineRig, fault: Fault, yes: Uint8Array): Promise<Aftermath> {
  const { again, cue } = FAULTS[fault];
  const lostBefore = rig.trunkline.server.workers.lostCount;
  const isLost = () => rig.trunkline.server.workers.lostCount > lostBefore;
  const loopDelay = monitorEventLoopDelay({ resolution: 10 });
  loopDelay.enable();
  const moves = new Map<string, CallMove[]>();
  const leave = rig.trunkline.server.directory.observe({
    onMove: (callSid, move) => moves.set(callSid, [...(moves.get(callSid) ?? []), move]),
  });
  let faultAtMs: number | null = null;
  const fell = faultOf(cue).then((atMs) => {
    faultAtMs = atMs;
    return placed.map(({ call }) => call.notes.length);
  });
  const placed: { call: RigCall; clock: CallerClock; outcome: Other['outcome'] }[] = [];
  const placeOther = (index: number): void => {
    const clock: CallerClock = { startedAtMs: 0, answeredAtMs: 0, answer: () => {} };
    const isReady = index % 2 === 0;
    const call = rig.place({
      number: 'patient',
      answers: {
        first: isReady ? '1' : '2',
        // Waits in the middle of the question until it has happened.
        second: () => {
          if (isLost()) clock.answer();
        },
      },
      caller: {
        onStart: (caller) => {
          clock.startedAtMs = performance.now();
          clock.answer = () => {
            clock.answeredAtMs = performance.now();
            caller.press('1');
          };
        },
      },
      record: true,
    });
    placed.push({ call, clock, outcome: isReady ? 'both' : 'not-both' });
  };
  for (let index = 0; index < OTHERS; index++) {
    placeOther(index);
    await waitMs(PLACING_MS / OTHERS);
  }
  await waitMs(FAULTY_AFTER_MS - PLACING_MS);
  const answers = { cue: `${CUES[cue]}#`, [cue]: again === 'key' ? [yes, '2'] : yes };
  const faultyCall = rig.place({ number: 'cued', answers });
  const notesBefore = await fell;
  await vi.waitFor(() => expect(isLost()).toBe(true), { timeout: 30_000, interval: 10 });
  // Those who heard no apology go on as they please.
  for (const { call, clock } of placed) if (!moves.has(call.call.callSid)) clock.answer();
  const others = await Promise.all(
    placed.map(async ({ call, clock, outcome }, index) => {
      const finished = await call.finished;
      const said = finished.notes.map(({ note }) => (note.kind === 'bot said' ? note.text : ''));
      const before = said.slice(0, notesBefore[index]).filter((text) => text !== '');
      const after = said.slice(notesBefore[index]).filter((text) => text !== '');
      const gapMs = longestSilenceMs(
        finished.report.heard!,
        faultAtMs! - clock.startedAtMs,
        clock.answeredAtMs - clock.startedAtMs - TURN_MS,
      );
      return { finished, moves: moves.get(call.call.callSid) ?? [], outcome, before, after, gapMs };
    }),
  );
  const faulty = await faultyCall.finished;
  const faultyMoves = moves.get(faultyCall.call.callSid) ?? [];
  leave();
  loopDelay.disable();
  const heldUpMs = loopDelay.max / 1e6;
  await rig.workersReady();
  const lost = rig.trunkline.server.workers.lostCount - lostBefore;
  return {
    faulty,
    faultyMoves,
    others,
    moved: others.filter((each) => each.moves.length > 0),
    lost,
    heldUpMs,
  };
}

interface CallerClock {
  startedAtMs: number;
  answeredAtMs: number;
  answer: () => void;
}

function longestSilenceMs(heard: Uint8Array, fromMs: number, untilMs: number): number {
  const samples = decodeG711('mulaw', heard);
  let longest = 0;
  let run = 0;
  for (let at = Math.round(fromMs / FRAME_MS); at < untilMs / FRAME_MS; at++) {
    const frame = samples.subarray(at * FRAME_SAMPLES, (at + 1) * FRAME_SAMPLES);
    run = frame.some((sample) => Math.abs(sample) > AUDIBLE) ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest * FRAME_MS;
}

function print(fault: Fault, { heldUpMs, moved }: Aftermath): void {
  const gaps = moved.map(({ gapMs }) => gapMs).sort((a, b) => a - b);
  const decided = moved.flatMap(({ moves }) => moves.map(({ durationMs }) => durationMs));
  process.stdout.write(
    `a worker ${fault}: ${moved.length} calls moved, ${Math.max(...decided)} ms at most after the decision; ` +
      `heard nothing for ${Math.round(gaps[gaps.length >> 1]!)} ms (median), ${Math.round(gaps.at(-1)!)} ms (worst); this thread was held up for ${Math.round(heldUpMs)} ms\n`,
  );
}

it('leaves nothing behind, and takes callers', async () => {
  for (const rig of rigs) {
    await rig.nothingIsLeft();
    await rig.freshCallerIsServed();
  }
});

const waitMs = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

describe.each(Object.keys(FAULTS) as Fault[])('s14 when a worker %s', (fault) => {
  const aftermath = () => aftermaths.get(fault)!;
  const isPoison = FAULTS[fault].again === 'same';

  it('every other call reaches the outcome of its answers, on one stream', () => {
    expect(aftermath().others).toHaveLength(OTHERS);
    const { heldUpMs, others } = aftermath();
    for (const { finished, outcome } of others) {
      const { record, report } = finished;
      expect(record).toMatchObject({ outcome, endReason: 'completed', attempt: 0 });
      expect(record.answers).toEqual({ first: outcome === 'both', second: true });
      expect(report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [], warnings: [] });
      expect(report.streams).toHaveLength(1);
      expect(Math.max(0, ...report.gapsMs)).toBeLessThanOrEqual(60 + heldUpMs);
    }
  });

  it('no answered question is asked again, and those that moved are asked the current one after an apology', () => {
    for (const { after, before, moves } of aftermath().others) {
      expect(before.slice(0, 2)).toEqual(['Are you ready?', 'Are you sure?']);
      expect(after).not.toContain('Are you ready?');
      expect(after.filter((text) => APOLOGY.test(text))).toHaveLength(moves.length);
      if (moves.length > 0) expect(after[1]).toBe('Are you sure?');
    }
  });

  it('the calls of that worker move within 250 ms of the decision, and no other does', () => {
    const { heldUpMs, moved } = aftermath();
    expect(moved.length).toBeGreaterThanOrEqual(Math.floor(OTHERS / 2));
    expect(moved.length).toBeLessThanOrEqual(Math.ceil(OTHERS / 2) + 1);
    for (const { moves } of moved) {
      expect(moves).toMatchObject([{ how: 'move' }]);
      expect(moves[0]!.durationMs).toBeLessThanOrEqual(250 + heldUpMs);
    }
  });

  it(
    isPoison
      ? 'the call that did it ends politely, and costs one worker of its own'
      : 'the call that did it goes on',
    () => {
      const { faulty, faultyMoves, lost } = aftermath();
      const { endReason, outcome } = faulty.record;
      expect(faultyMoves).toMatchObject([{ how: 'isolate' }]);
      expect([endReason, outcome, lost]).toEqual(
        isPoison ? ['worker failed', null, 2] : ['completed', 'done', 1],
      );
      expect(faulty.report).toMatchObject({ endedBy: 'server', endReason: 'hangup', errors: [] });
      expect(faulty.report.streams[0]!.marks.at(-1)).toMatchObject({ heard: true });
    },
  );
});
