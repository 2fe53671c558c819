/**
 * Writes `test/fixtures/yes-no/`: short raw mu-law recordings (8 kHz) of held-out voices of the dev half, named
 * `<expected>.<text>.<voice>.ulaw`. Run once; the files are committed. `node training/yes-no/make-fixtures.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { speak } from './held-out-voices.ts';
import { deliver, toMulaw } from './telephone.ts';

const SPOKEN: readonly [expected: 'yes' | 'no' | 'null', text: string, voice: string][] = [
  ['yes', 'yes', 'en-us+f3'],
  ['yes', 'yeah', 'en-gb'],
  ['yes', 'yep', 'en-us+m3'],
  ['yes', 'yes I do', 'en-gb-x-rp+m1'],
  ['yes', 'correct', 'en-us'],
  ['yes', 'sure', 'en-us+m7'],
  ['no', 'no', 'en-us+m1'],
  ['no', 'no', 'en-gb'],
  ['no', 'nope', 'en-gb+f1'],
  ['no', 'nah', 'en-us'],
  ['no', "no I don't", 'en-gb-scotland+m3'],
  ['no', 'I do not', 'en-us+f1'],
  ['no', 'not really', 'en-gb-x-rp+m5'],
  ['null', "I don't know", 'en-us'],
  ['null', 'hold on', 'en-gb+m3'],
  ['null', 'maybe', 'en-us+f3'],
  ['null', 'operator', 'en-us+m1'],
  ['null', 'seven', 'en-gb+f1'],
];

const folder = new URL('../../test/fixtures/yes-no/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [expected, text, voice] of SPOKEN) {
  const speech = speak({ name: voice, accent: voice.split('+')[0]! }, text, 165, 50);
  const samples = deliver(speech, { leadMs: 120, trailMs: 150, levelDbov: -20 });
  const name = `${expected}.${text.toLowerCase().replaceAll(' ', '-').replaceAll("'", '')}.${voice}.ulaw`;
  writeFileSync(new URL(name, folder), Uint8Array.from(samples, toMulaw));
}
