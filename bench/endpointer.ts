/**
 * How well the endpointer hears: voices and phrases that its weights were not fitted on, in white and pink noise, babble
 * and hum, through mu-law and the media message, at -26 and -36 dBov. Prints F1 by frame against three rules for the truth
 * beside that of a fixed threshold of -40 dBov, then how often the end of an utterance is found once and not early.
 *
 *   node bench/endpointer.ts        needs espeak-ng; flite and festival where they are installed; a minute
 */
import { cpus } from 'node:os';
import { addon } from '../src/audio/addon.ts';
import { levelDbfs } from '../src/audio/level.ts';
import { createRandom, RATE_HZ } from '../test/support/signals.ts';
import { WireCaller } from '../test/support/wire-caller.ts';
import { makeNoise, NOISES, type Noise } from './endpointer/noises.ts';
import { activeLevel, RULES, type Rule, truth } from './endpointer/truth.ts';
import { PHRASES, say, VOICES } from './endpointer/voices.ts';

const RATIOS_DB = [Number.POSITIVE_INFINITY, 20, 10, 5, 0];
const LEVELS_DBOV = [-26, -36];
const FRAME_SAMPLES = 160;
const END_RULE_MS = 500;
/** An end reported sooner than this after the last true frame is early. */
const EARLY_MS = 400;

interface Track {
  readonly voice: string;
  /** Active level 0 dB. */
  readonly clean: Float64Array;
  /** Samples from and to, by phrase. */
  readonly phrases: readonly (readonly [number, number])[];
}

interface Tally {
  hits: number;
  extra: number;
  missed: number;
}

interface Ends {
  asked: number;
  good: number;
  readonly delaysMs: number[];
}

const random = createRandom(20);

function makeTrack(voice: string): Track {
  const parts: Float64Array[] = [];
  const phrases: [number, number][] = [];
  let at = 0;
  const add = (samples: Float64Array): void => {
    parts.push(samples);
    at += samples.length;
  };
  const pause = (leastMs: number, moreMs: number): void =>
    add(new Float64Array(FRAME_SAMPLES * Math.round((leastMs + moreMs * random()) / 20)));
  pause(300, 1700);
  const chosen = [...PHRASES].sort(() => random() - 0.5).slice(0, 6);
  for (const phrase of chosen) {
    const spoken = say(voice, phrase)!;
    const gain = 10 ** (-activeLevel(spoken) / 20);
    phrases.push([at, at + spoken.length]);
    add(spoken.map((sample) => sample * gain));
    pause(900, 700);
  }
  const clean = new Float64Array(at);
  at = 0;
  for (const part of parts) {
    clean.set(part, at);
    at += part.length;
  }
  return { voice, clean, phrases };
}

function hear(track: Track, noise: Noise | null, ratioDb: number, levelDbov: number): Heard {
  const gain = 32_768 * 10 ** (levelDbov / 20);
  const wave = noise === null ? null : makeNoise(noise, track.clean.length, random, track.voice);
  const noiseGain = 10 ** (-ratioDb / 20);
  const samples = Int16Array.from(track.clean, (sample, at) =>
    Math.max(
      -32_768,
      Math.min(32_767, Math.round(gain * (sample + (wave === null ? 0 : noiseGain * wave[at]!)))),
    ),
  );
  const caller = new WireCaller({ endOfSpeechMs: END_RULE_MS, maxUtteranceMs: 60_000 });
  const count = Math.floor(samples.length / FRAME_SAMPLES);
  const verdicts = new Uint8Array(count);
  const loud = new Uint8Array(count);
  for (let frame = 0; frame < count; frame++) {
    const sound = samples.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES);
    caller.says(sound);
    verdicts[frame] = Number(caller.receiver.isSpeech());
    loud[frame] = Number(levelDbfs(sound) > -40);
  }
  const endsMs = caller.times('speechEnded');
  caller.receiver.close();
  return { verdicts, loud, endsMs };
}

interface Heard {
  readonly verdicts: Uint8Array;
  /** The same by a fixed threshold. */
  readonly loud: Uint8Array;
  readonly endsMs: readonly number[];
}

function count(tally: Tally, said: Uint8Array, wanted: Uint8Array): void {
  for (let frame = 0; frame < said.length; frame++) {
    if (said[frame] === 1 && wanted[frame] === 1) tally.hits++;
    else if (said[frame] === 1) tally.extra++;
    else if (wanted[frame] === 1) tally.missed++;
  }
}

function countEnds(ends: Ends, track: Track, endsMs: readonly number[], wanted: Uint8Array): void {
  track.phrases.forEach(([from, to], index) => {
    const fromMs = (from / RATE_HZ) * 1000;
    const untilMs = ((track.phrases[index + 1]?.[0] ?? track.clean.length) / RATE_HZ) * 1000 + 60;
    const lastFrame = wanted.lastIndexOf(1, Math.ceil(to / FRAME_SAMPLES) - 1);
    const trueEndMs = (lastFrame + 1) * 20;
    const found = endsMs.filter((endMs) => endMs > fromMs && endMs <= untilMs);
    ends.asked++;
    if (found.length !== 1 || found[0]! < trueEndMs + EARLY_MS) return;
    ends.good++;
    ends.delaysMs.push(found[0]! - trueEndMs);
  });
}

const newTally = (): Tally => ({ hits: 0, extra: 0, missed: 0 });
const f1 = ({ hits, extra, missed }: Tally): string =>
  ((200 * hits) / (2 * hits + extra + missed)).toFixed(1).padStart(6);
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

const voices = VOICES.filter((voice) => say(voice, PHRASES[0]) !== null);
if (voices.length === 0) throw new Error('Expected espeak-ng, flite or festival on PATH, found none');
const tallies = new Map<string, Tally>();
const tallyOf = (key: string): Tally => {
  const tally = tallies.get(key) ?? newTally();
  tallies.set(key, tally);
  return tally;
};
const ends = RATIOS_DB.map((): Ends => ({ asked: 0, good: 0, delaysMs: [] }));

for (const voice of voices) {
  const track = makeTrack(voice);
  const wanted = RULES.map((rule: Rule) => truth(track.clean, rule));
  for (const [column, ratioDb] of RATIOS_DB.entries()) {
    for (const levelDbov of LEVELS_DBOV) {
      for (const noise of ratioDb === Number.POSITIVE_INFINITY ? [null] : NOISES) {
        const { verdicts, loud, endsMs } = hear(track, noise, ratioDb, levelDbov);
        RULES.forEach((rule, index) => {
          count(tallyOf(`${rule.name} ${column}`), verdicts, wanted[index]!);
        });
        count(tallyOf(`${noise} ${column}`), verdicts, wanted[0]!);
        count(tallyOf(`${levelDbov} ${column}`), verdicts, wanted[0]!);
        count(tallyOf(`fixed ${column}`), loud, wanted[0]!);
        countEnds(ends[column]!, track, endsMs, wanted[0]!);
      }
    }
  }
}

const row = (name: string, key: string): boolean =>
  print(
    `${name.padEnd(46)}${RATIOS_DB.map((_, column) => (tallies.has(`${key} ${column}`) ? f1(tallies.get(`${key} ${column}`)!) : '      ')).join(' ')}`,
  );

print(
  `Endpointer, ${voices.length} voices, ${PHRASES.length} phrases; ${cpus()[0]?.model}, Node ${process.version}, ${addon.activeIsa()}`,
);
print(`\n${'F1 by frame, %'.padEnd(46)} clean   20dB   10dB    5dB    0dB`);
for (const rule of RULES) row(rule.name, rule.name);
for (const noise of NOISES) row(`  ${noise}`, noise);
for (const levelDbov of LEVELS_DBOV) row(`  at ${levelDbov} dBov`, `${levelDbov}`);
row('fixed threshold, -40 dBov', 'fixed');
print('');
print(
  `${'end found once, not early, %'.padEnd(46)}${ends.map(({ good, asked }) => ((100 * good) / asked).toFixed(1).padStart(6)).join(' ')}`,
);
print(
  `${'median after the true end, ms'.padEnd(46)}${ends.map(({ delaysMs }) => `${delaysMs.sort((a, b) => a - b)[delaysMs.length >> 1]}`.padStart(6)).join(' ')}`,
);
