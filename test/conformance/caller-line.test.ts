/**
 * FAULTS.md, section C: what the line and the network do, and when callers hang up. All calls of the file are on at once,
 * each a scripted caller on the simulated carrier; a test waits for its own.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CallerControls } from '../../src/simulator/caller.ts';
import { speak } from '../support/caller-speech.ts';
import { type RecognitionNote, recognitionNotes } from '../support/recognition-notes.ts';
import {
  CUES,
  type Finished,
  type RigCall,
  type RigCallOptions,
  TrunklineRig,
} from '../support/trunkline-rig.ts';

const CALLERS = 20;

let rig: TrunklineRig;
let yes: Uint8Array;
let no: Uint8Array;
let notes: readonly RecognitionNote[];
let closeNotes: () => void;
const calls = new Map<string, RigCall>();
const talkedOver = new Map<string, number>();

beforeAll(async () => {
  rig = await TrunklineRig.start();
  ({ notes, close: closeNotes } = recognitionNotes());
  yes = await speak('yes');
  no = await speak('no');
  for (const [name, options] of Object.entries(callers())) calls.set(name, rig.place(options));
  for (let index = 0; index < CALLERS; index += 1) calls.set(`crowd ${index}`, rig.place(oneOfMany(index)));
}, 60_000);

afterAll(async () => {
  closeNotes();
  await rig.close();
});

function callers(): Readonly<Record<string, RigCallOptions>> {
  const sure = { first: [yes, yes, '1'], second: [yes, yes, '1'] };
  let isFrozen = false;
  const freezeOnce = (caller: CallerControls): void => {
    if (!isFrozen) caller.freeze(4000);
    isFrozen = true;
  };
  return {
    usual: { answers: sure },
    noMarks: { network: { echoesMarks: false }, answers: sure },
    noMarksSilent: { network: { echoesMarks: false } },
    slowNetwork: {
      network: { delayMs: 300 },
      answers: sure,
      caller: { onAudioStart: (caller) => countTalkingOver('slowNetwork', caller) },
    },
    slowNetworkAndEcho: { network: { delayMs: 300 }, line: { echo: {} }, answers: sure },
    freezeInPrompt: { answers: sure, caller: { onAudioStart: freezeOnce } },
    freezeInAnswer: {
      answers: {
        first: [
          (caller) => {
            caller.say(yes);
            caller.freeze(4000);
          },
          yes,
          '1',
        ],
        second: [yes, yes, '1'],
      },
    },
  };
}

/** What this caller answers: no two of the crowd the same. */
function truthOf(index: number) {
  return { first: (index & 1) === 0, second: (index & 2) === 0, number: 100 + 37 * index };
}

function oneOfMany(index: number): RigCallOptions {
  const { first, second, number } = truthOf(index);
  const say = (answer: boolean) => [answer ? yes : no, answer ? yes : no, answer ? '1' : '2'];
  return { number: 'three', answers: { first: say(first), second: say(second), number: `${number}#` } };
}

function countTalkingOver(name: string, caller: CallerControls): void {
  if (caller.isSpeaking) talkedOver.set(name, (talkedOver.get(name) ?? 0) + 1);
}

const finished = (name: string): Promise<Finished> => calls.get(name)!.finished;
const clearsOf = ({ report }: Finished) => report.streams.flatMap((stream) => stream.clears);

describe('a call', () => {
  it('whose carrier never echoes a mark goes on by our own clock, to its end (c06)', async () => {
    const { record, report } = await finished('noMarks');
    expect(record).toMatchObject({ outcome: 'both', endReason: 'completed' });
    expect(report.gapsMs).toEqual([]);
    expect(report.endedAtMs).toBeLessThan(40_000);
  });

  it('whose carrier never echoes a mark waits no longer for a silent caller than by that clock (c06, c01)', async () => {
    const { record, report } = await finished('noMarksSilent');
    expect(record).toMatchObject({ outcome: 'undecided', endReason: 'completed' });
    expect(report.endedAtMs).toBeLessThan(60_000);
  });

  it('with 300 ms each way is neither talked over nor cut off (c07)', async () => {
    const [slow, usual] = [await finished('slowNetwork'), await finished('usual')];
    expect(slow.record).toMatchObject({ outcome: 'both' });
    expect(talkedOver.get('slowNetwork') ?? 0).toBe(0);
    expect(clearsOf(slow)).toEqual([]);
    expect(slow.report.gapsMs).toEqual([]);
    expect(slow.report.audioMs).toBe(usual.report.audioMs);
  });

  it('with 300 ms each way and an echo does not hear itself either (c07, c13)', async () => {
    const call = await finished('slowNetworkAndEcho');
    expect(clearsOf(call)).toEqual([]);
    expect(call.record).toMatchObject({ outcome: 'both' });
    expect(call.notes.filter(({ note }) => note.kind === 'bot said')).toHaveLength(3);
  });

  it.each(['freezeInPrompt', 'freezeInAnswer'])(
    'goes on after 4 s of a frozen network: %s (c09)',
    async (name) => {
      const call = await finished(name);
      expect(call.report).toMatchObject({ endedBy: 'server', errors: [] });
      expect(call.record).toMatchObject({ outcome: 'both', endReason: 'completed' });
      expect(call.report.streams).toHaveLength(1);
    },
  );
});

it('keeps twenty callers apart who answer differently at once, with no gaps (c10)', async () => {
  for (let index = 0; index < CALLERS; index += 1) {
    const { record, report } = await finished(`crowd ${index}`);
    expect(record).toMatchObject({ outcome: 'done', endReason: 'completed', answers: truthOf(index) });
    expect(Math.max(0, ...report.gapsMs)).toBeLessThanOrEqual(60);
  }
});

describe('c08: a caller who hangs up', () => {
  /** Resolves with how long the server took to let go of the call. */
  async function hangUp(call: RigCall): Promise<number> {
    const { directory } = rig.trunkline.server;
    const startedAtMs = performance.now();
    call.call.hangUp();
    await vi.waitFor(() => expect(directory.isLive(call.call.callSid)).toBe(false), {
      timeout: 3000,
      interval: 5,
    });
    return performance.now() - startedAtMs;
  }

  const said = (call: RigCall, nodeId: string) =>
    vi.waitFor(
      () =>
        expect(call.notes.some(({ note }) => note.kind === 'bot said' && note.nodeId === nodeId)).toBe(true),
      { timeout: 10_000, interval: 5 },
    );

  it.each([
    ['before the stream has come', async () => undefined, {}, null],
    ['during the greeting', (call: RigCall) => said(call, 'first'), {}, null],
    ['during the goodbye', (call: RigCall) => said(call, 'both'), { first: '1', second: '1' }, 'both'],
  ])('%s leaves within 1 s, and one record that says so', async (when, reached, answers, outcome) => {
    const call = rig.place({ answers });
    await reached(call);
    expect(await hangUp(call)).toBeLessThan(1000);
    if (when === 'before the stream has come') {
      expect(await rig.record(call.call.callSid)).toBeNull();
      return;
    }
    expect((await call.finished).record).toMatchObject({ endReason: 'caller hung up', outcome });
    const records = await rig.records();
    expect(records.filter(({ callSid }) => callSid === call.call.callSid)).toHaveLength(1);
  });

  it('while we listen leaves within 1 s', async () => {
    let isTurn = false;
    const call = rig.place({
      caller: {
        onSilence: () => {
          isTurn = true;
        },
      },
    });
    await vi.waitFor(() => expect(isTurn).toBe(true), { timeout: 10_000, interval: 5 });
    expect(await hangUp(call)).toBeLessThan(1000);
    expect((await call.finished).record).toMatchObject({ endReason: 'caller hung up', answers: {} });
  });

  it('during the recognition leaves within 1 s, and the request is aborted', async () => {
    const call = rig.place({ number: 'cued', answers: { cue: `${CUES.slow}#`, slow: yes } });
    const slow = (what: RecognitionNote['what']) =>
      notes.filter((note) => note.cue === 'slow' && note.what === what);
    await vi.waitFor(() => expect(slow('heard')).toHaveLength(1), { timeout: 10_000, interval: 5 });
    expect(await hangUp(call)).toBeLessThan(1000);
    await vi.waitFor(() => expect(slow('aborted')).toHaveLength(1), { timeout: 1000, interval: 5 });
    expect((await call.finished).record).toMatchObject({
      endReason: 'caller hung up',
      answers: { cue: CUES.slow },
    });
  });
});

it('leaves nothing behind; a fresh caller is served', async () => {
  await Promise.all([...calls.values()].map((call) => call.finished));
  await rig.nothingIsLeft();
  await rig.freshCallerIsServed();
});
