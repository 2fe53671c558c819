/**
 * Measures the shipped recognizer on voices that it was not trained on. Plain `node training/yes-no/evaluate.ts`;
 * `--half dev` for the voices that were looked at while tuning, `--weights FILE` for other weights, `--quick` for
 * every fifth voice. Skips with a message when espeak-ng is not installed.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { YesNoClassifier } from '../../src/speech/builtin/yes-no-classifier.ts';
import { type Half, type HeldOutVoice, heldOutVoices, isEspeakInstalled, speak } from './held-out-voices.ts';
import * as telephone from './telephone.ts';

const YES = ['yes', 'yeah', 'yep', 'yes I do', 'correct', 'sure'];
const NO = ['no', 'nope', 'nah', "no I don't", 'I do not', 'not really'];

const OTHER_SPEECH =
  `I don't know|hold on|maybe|what|operator|yes but no|not sure|yellow|note|guess|show|yet|nothing|north|knee
|year|collect|incorrect|hello|goodbye|one|two|five|nine|ten|eleven|seven|zero|twenty three|sixty five|four thousand
|John|Mary|Jessica|Robert|Linda|Michael|Nora|Joe|Nick|can you repeat that|who is this|I live in California
|my birthday is in March|the weather is nice today|please call me back tomorrow|stop calling|Monday|January|blue|water
|banana|thank you|sorry|wait a minute|what did you say|let me think|perhaps|sometimes|I guess so|probably|never|now|new york
|snow|phone|open|door|shoe|guest|dress|less|best|step|help|hot|car|really|good morning|medicare|I have two children
|it depends on the price|is this a recording|hmm|right|repeat please|none|noon|nine one one|chess|respect|direct|connect|project
|I need help|do you know|I know|you know|yesterday|university|shirt|measure|nobody|november|knock|rope|soap|boat|coat`
    .replaceAll('\n', '')
    .split('|');

interface Tally {
  right: number;
  wrong: number;
  total: number;
}

const percent = (part: number, whole: number): string =>
  `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`.padStart(8);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function tallyOf(tallies: Map<string, Tally>, key: string): Tally {
  const tally = tallies.get(key) ?? { right: 0, wrong: 0, total: 0 };
  tallies.set(key, tally);
  return tally;
}

const { values: options } = parseArgs({
  options: {
    half: { type: 'string', default: 'test' },
    weights: { type: 'string' },
    quick: { type: 'boolean' },
  },
});

if (!isEspeakInstalled()) {
  print(
    'Skipped: espeak-ng is not installed, and its voices are what is measured on (apt-get install espeak-ng).',
  );
  process.exit(0);
}

const classifier = YesNoClassifier.load(
  options.weights === undefined ? undefined : readFileSync(options.weights),
);
const voices = heldOutVoices(options.half as Half).filter((_, i) => !options.quick || i % 5 === 0);
const random = telephone.createRandom(options.half === 'dev' ? 1 : 2);
const between = (low: number, high: number): number => low + (high - low) * random();
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const say = (voice: HeldOutVoice, text: string): Float64Array =>
  speak(voice, text, Math.round(between(120, 200)), Math.round(between(25, 75)));

const crowd = Array.from({ length: 24 }, () =>
  say(pick(voices), pick(OTHER_SPEECH.filter((t) => t.length > 12))),
);
const babble: telephone.Noise = (count, draw) => {
  const out = new Float64Array(count);
  for (let talker = 0; talker < 6; talker++) {
    for (let at = -Math.floor(draw() * 8000); at < count; ) {
      const speech = crowd[Math.floor(draw() * crowd.length)]!;
      for (let i = Math.max(0, -at); i < speech.length && at + i < count; i++)
        out[at + i] = out[at + i]! + speech[i]!;
      at += speech.length;
    }
  }
  return out;
};
const NOISES: readonly telephone.Noise[] = [telephone.white, telephone.pink, babble, telephone.hum];

/** One utterance as endpointing would cut it. */
const line = (snrDb?: number) => {
  const noise = pick(NOISES);
  const common = {
    leadMs: Math.round(between(100, 400)),
    trailMs: Math.round(between(200, 700)),
    levelDbov: between(-35, -14),
  };
  return snrDb === undefined ? common : { ...common, snrDb, noise: (count: number) => noise(count, random) };
};

let audioMs = 0;
let cpuMicros = 0;
function classify(samples: Int16Array): 'yes' | 'no' | null {
  const before = process.cpuUsage();
  const { word } = classifier.classify(samples, 8000);
  const used = process.cpuUsage(before);
  cpuMicros += used.user + used.system;
  audioMs += samples.length / 8;
  return word;
}

const clean = new Map<string, Tally>();
const noisy = new Map<string, Tally>();
const accepted = new Map<string, Tally>();
const speechRejection = { clean: { right: 0, wrong: 0, total: 0 }, noisy: { right: 0, wrong: 0, total: 0 } };

for (const voice of voices) {
  for (const text of [...YES, ...NO]) {
    const truth = YES.includes(text) ? 'yes' : 'no';
    const speech = say(voice, text);
    if (speech.length === 0) continue;
    for (const [tallies, snrDb] of [
      [clean, undefined],
      [noisy, 10],
    ] as const) {
      const word = classify(telephone.deliver(speech, line(snrDb)));
      for (const tally of [tallyOf(tallies, text), tallyOf(tallies, 'all')]) {
        tally.total++;
        if (word === truth) tally.right++;
        else if (word !== null) tally.wrong++;
      }
    }
  }
  for (let i = 0; i < 10; i++) {
    const text = pick(OTHER_SPEECH);
    const speech = say(voice, text);
    if (speech.length === 0) continue;
    for (const [tally, snrDb] of [
      [speechRejection.clean, undefined],
      [speechRejection.noisy, 10],
    ] as const) {
      const refused = classify(telephone.deliver(speech, line(snrDb))) === null;
      tally.total++;
      if (refused) tally.right++;
      const perText = tallyOf(accepted, text);
      perText.total++;
      if (!refused) perText.wrong++;
    }
  }
}

const noiseRejection = new Map<string, Tally>();
for (const [name, noise] of Object.entries({ ...telephoneNoises(), babble })) {
  for (let i = 0; i < 60; i++) {
    const sound = noise(Math.round(between(2000, 20000)), random);
    const word = classify(telephone.deliver(sound, line(random() < 0.5 ? 20 : undefined)));
    const tally = tallyOf(noiseRejection, name);
    tally.total++;
    if (word === null) tally.right++;
  }
}

function telephoneNoises(): Record<string, telephone.Noise> {
  const { white, pink, hum, dtmf, tone, cough, music, silence } = telephone;
  return { white, pink, hum, dtmf, tone, cough, music, silence };
}

print(`${voices.length} held-out voices (${options.half} half)\n`);
print(
  `${'phrase'.padEnd(14)}${'clean: right'.padStart(14)}   wrong  no match   10 dB: right   wrong  no match`,
);
for (const text of [...YES, ...NO, 'all']) {
  const tally = clean.get(text)!;
  const other = noisy.get(text)!;
  const cells = [tally, other].map(
    (t) =>
      `${percent(t.right, t.total)}${percent(t.wrong, t.total)}  ${percent(t.total - t.right - t.wrong, t.total)}`,
  );
  print(`${text.padEnd(18)}${cells.join('        ')}`);
}
const { clean: quiet, noisy: loud } = speechRejection;
print(
  `\nother speech refused: clean ${percent(quiet.right, quiet.total)}, at 10 dB ${percent(loud.right, loud.total)}`,
);
const worst = [...accepted]
  .filter(([, t]) => t.wrong > 0)
  .sort((a, b) => b[1].wrong / b[1].total - a[1].wrong / a[1].total);
print(
  `most often taken for an answer: ${worst
    .slice(0, 12)
    .map(([text, t]) => `${text} ${t.wrong}/${t.total}`)
    .join(', ')}`,
);
print(
  `noises refused: ${[...noiseRejection].map(([name, t]) => `${name}${percent(t.right, t.total)}`).join(', ')}`,
);
print(`CPU: ${((cpuMicros / 1000 / audioMs) * 2000).toFixed(2)} ms a two-second utterance`);
