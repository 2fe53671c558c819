/**
 * FAULTS.md, section C: how callers answer. All calls of the file are on at once, each a scripted caller on the simulated
 * carrier; a test waits for its own.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallerControls } from '../../src/simulator/caller.ts';
import { atLevel, over, speak, toTelephone } from '../support/caller-speech.ts';
import { type RecognitionNote, recognitionNotes } from '../support/recognition-notes.ts';
import { babble, hum, join, silence, tones, whiteNoise } from '../support/signals.ts';
import { CUES, type Finished, type RigCallOptions, TrunklineRig } from '../support/trunkline-rig.ts';

let rig: TrunklineRig;
let notes: readonly RecognitionNote[];
let closeNotes: () => void;
const calls = new Map<string, Promise<Finished>>();

beforeAll(async () => {
  rig = await TrunklineRig.start();
  ({ notes, close: closeNotes } = recognitionNotes());
  for (const [name, options] of Object.entries(await callers())) calls.set(name, rig.place(options).finished);
}, 60_000);

afterAll(async () => {
  closeNotes();
  await rig.close();
});

async function callers() {
  const yes = await speak('yes');
  const no = await speak('no');
  const maybe = await speak('maybe');
  const notSure = await speak("I'm not sure");
  const long = await speak('yes, yes, I most certainly do');
  const monologue = await speak(
    'well, let me tell you about my cousin and his dog, and about the weather, and how it was when we were young, and then',
  );
  const coughs = toTelephone(join(whiteNoise(60, -18), silence(900), whiteNoise(60, -20, 2), silence(900)));
  const humming = toTelephone(hum(20_000, -38));
  const babbling = toTelephone(babble(20_000, -48));
  const toneOfOne = toTelephone(tones(200, -15, [697, 1209]));
  const answersOver = (background: Uint8Array): RigCallOptions => {
    const answer = (said: Uint8Array) => (caller: CallerControls) => {
      caller.fallSilent();
      caller.say(over(said, background));
      caller.say(background);
    };
    return {
      caller: { onStart: (caller) => caller.say(background) },
      answers: { first: [answer(yes), answer(yes), '1'], second: [answer(yes), answer(yes), '1'] },
    };
  };
  return {
    yes: { answers: { first: [yes, yes, '1'], second: [yes, yes, '1'] } },
    silent: {},
    monologue: {
      number: 'cued',
      answers: { cue: `${CUES.monologue}#`, monologue: [(caller) => sayAll(caller, monologue, 9), null] },
    },
    hum: answersOver(humming),
    babble: answersOver(babbling),
    coughs: {
      caller: { onAudioStart: (caller) => caller.say(coughs) },
      answers: { first: [yes, yes, '1'], second: [yes, yes, '1'] },
    },
    maybe: { answers: { first: [maybe, notSure, maybe] } },
    earlyNo: {
      caller: sayingDuringFirstPrompt(no, 300),
      answers: { first: [null, no, '2'], second: '1' },
    },
    long: { answers: { first: [long, long, '1'], second: '1' } },
    quiet: { answers: { first: [atLevel(yes, -40), atLevel(yes, -40), '1'], second: '1' } },
    noisy: {
      line: { noiseDbfs: -32 },
      answers: { first: [atLevel(no, -22), atLevel(no, -22), '2'], second: '1' },
    },
    clipped: { answers: { first: [atLevel(yes, 0), atLevel(yes, 0), '1'], second: '1' } },
    repeat: { number: 'cued', answers: { cue: `${CUES.repeat}#`, repeat: [yes, '1'] } },
    optOut: { number: 'cued', answers: { cue: `${CUES.stop}#`, stop: yes } },
    keys: { answers: { first: '1', second: '2' } },
    keysWhileSpeaking: {
      answers: {
        first: (caller) => {
          caller.say(yes);
          caller.press('2');
        },
        second: '1',
      },
    },
    tone: {
      number: 'cued',
      answers: {
        cue: `${CUES.tone}#`,
        tone: (caller) => {
          caller.say(toneOfOne);
          caller.press('1');
        },
      },
    },
    toneOverPrompt: {
      caller: pressingDuringFirstPrompt(toneOfOne, '1'),
      answers: { first: null, second: '2' },
    },
    echo: { line: { echo: {} }, answers: { first: [yes, yes, '1'], second: [yes, yes, '1'] } },
  } satisfies Record<string, RigCallOptions>;
}

function sayAll(caller: CallerControls, speech: Uint8Array, times = 1): void {
  for (let said = 0; said < times; said += 1) caller.say(speech);
}

/** Speaks so many milliseconds into the first prompt that is heard. */
function sayingDuringFirstPrompt(speech: Uint8Array, afterMs: number): NonNullable<RigCallOptions['caller']> {
  let said = false;
  return {
    onAudioStart: (caller) => {
      if (said) return;
      said = true;
      caller.say(toTelephone(silence(afterMs)));
      caller.say(speech);
    },
  };
}

/** Presses a key that is heard as a tone too, while the first prompt plays. */
function pressingDuringFirstPrompt(tone: Uint8Array, key: string): NonNullable<RigCallOptions['caller']> {
  let pressed = false;
  return {
    onAudioStart: (caller) => {
      if (pressed) return;
      pressed = true;
      caller.say(tone);
      caller.press(key);
    },
  };
}

const finished = (name: string): Promise<Finished> => calls.get(name)!;
const askedTimes = ({ notes }: Finished, nodeId: string): number =>
  notes.filter(({ note }) => note.kind === 'bot said' && note.nodeId === nodeId).length;
const clearsOf = ({ report }: Finished) => report.streams.flatMap((stream) => stream.clears);
const heardBy = (cue: string) => notes.filter((note) => note.cue === cue && note.what === 'heard');

describe('a caller who', () => {
  it('is silent is asked again, told goodbye and hung up on within 60 s (c01)', async () => {
    const call = await finished('silent');
    expect(call.report).toMatchObject({ status: 'completed', endedBy: 'server', errors: [] });
    expect(call.report.endedAtMs).toBeLessThan(60_000);
    expect(askedTimes(call, 'first')).toBe(3);
    expect(call.record).toMatchObject({ outcome: 'undecided', endReason: 'completed', answers: {} });
  });

  it('does not stop talking is cut at the maximum, the rest is not recognized, and there is an end (c02)', async () => {
    const call = await finished('monologue');
    const heard = heardBy('monologue');
    expect(heard).toHaveLength(1);
    expect(heard[0]!.durationMs).toBeGreaterThan(2900);
    expect(heard[0]!.durationMs).toBeLessThan(3700);
    expect(askedTimes(call, 'monologue')).toBe(3);
    expect(call.record).toMatchObject({ outcome: 'undecided', endReason: 'completed' });
    expect(call.report.endedAtMs).toBeLessThan(60_000);
  });

  it.each(['hum', 'babble', 'coughs'])(
    'has %s in the background is understood, with no storm of clears (c03, c04)',
    async (name) => {
      const call = await finished(name);
      expect(clearsOf(call).length).toBeLessThanOrEqual(1);
      expect(call.record).toMatchObject({ outcome: 'both', answers: { first: true, second: true } });
    },
  );

  it('says "maybe" and "not sure" is asked again, and never guessed (c05)', async () => {
    const call = await finished('maybe');
    expect(askedTimes(call, 'first')).toBe(3);
    expect(call.record).toMatchObject({ outcome: 'undecided', answers: {} });
  });

  it('says "no" during the prompt has answered', async () => {
    const call = await finished('earlyNo');
    expect(askedTimes(call, 'first')).toBe(1);
    expect(call.record).toMatchObject({ answers: { first: false, second: true } });
    expect(clearsOf(call)).toHaveLength(1);
  });

  it('speaks over a prompt is heard at once: the clear leaves within 200 ms of the first sound', async () => {
    const { report } = await finished('earlyNo');
    const firstSoundAtMs = report.saidAtMs[0]! + 300;
    expect(clearsOf(await finished('earlyNo'))[0]!.atMs - firstSoundAtMs).toBeLessThanOrEqual(200);
  });

  it.each([
    ['long', true],
    ['noisy', false],
    ['clipped', true],
  ])('gives a %s answer is understood or asked again, never guessed', async (name, answer) => {
    const call = await finished(name);
    expect(call.record.answers).toEqual({ first: answer, second: true });
    expect(askedTimes(call, 'first')).toBeLessThanOrEqual(3);
    expect(clearsOf(call)).toEqual([]);
  });

  it('speaks softly, at -40 dBFS, as soon as the bot has ended is heard', async () => {
    const call = await finished('quiet');
    expect(call.record.answers).toEqual({ first: true, second: true });
    expect(call.notes.filter(({ note }) => note.kind === 'no input')).toEqual([]);
  });

  it('says "say that again" hears the question again', async () => {
    const call = await finished('repeat');
    const said = call.notes.flatMap(({ note }) => (note.kind === 'bot said' ? [note.text] : []));
    expect(said).toEqual(['Which?', 'Go on.', 'Go on.', 'Thank you. Goodbye.']);
    expect(call.record.outcome).toBe('done');
  });

  it('says "stop calling me" is let go, and the record says so', async () => {
    const call = await finished('optOut');
    expect(call.record).toMatchObject({ outcome: 'opt-out', endReason: 'completed' });
  });

  it('uses the keypad instead of speaking is understood', async () => {
    const call = await finished('keys');
    expect(call.record).toMatchObject({ outcome: 'not-both', answers: { first: true, second: false } });
  });

  it('presses a key while speaking has answered by the key, once', async () => {
    const call = await finished('keysWhileSpeaking');
    expect(call.record.answers).toEqual({ first: false, second: true });
    expect(askedTimes(call, 'second')).toBe(1);
    expect(clearsOf(call)).toEqual([]);
  });

  it('whose telephone sends the key as a tone too has answered once, and the tone is no speech (c12)', async () => {
    const call = await finished('tone');
    expect(heardBy('tone')).toEqual([]);
    expect(askedTimes(call, 'tone')).toBe(1);
    expect(call.record.outcome).toBe('done');
  });

  it('whose telephone does so during a prompt has interrupted it once, and answered once (c12)', async () => {
    const call = await finished('toneOverPrompt');
    expect(call.record.answers).toEqual({ first: true, second: false });
    expect(clearsOf(call)).toHaveLength(1);
    expect(askedTimes(call, 'second')).toBe(1);
  });

  it('whose telephone echoes the bot at -30 dB hears all of it: the bot does not interrupt itself (c13)', async () => {
    const call = await finished('echo');
    expect(clearsOf(call)).toEqual([]);
    expect(call.record).toMatchObject({ outcome: 'both' });
  });
});

it('leaves nothing behind, and one record for each call; a fresh caller is served', async () => {
  await Promise.all(calls.values());
  await rig.nothingIsLeft();
  expect((await rig.records()).length).toBe(calls.size);
  await rig.freshCallerIsServed();
});
