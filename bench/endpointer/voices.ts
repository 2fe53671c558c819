/**
 * Speech for the bench: voices of espeak-ng, flite and festival and phrases that training/endpointer never saw. Each phrase
 * comes as PCM16 at 8 kHz, its quiet ends cut off. A voice whose program is not installed is left out.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addon } from '../../src/audio/addon.ts';
import { RATE_HZ } from '../../test/support/signals.ts';
import { frameLevels } from './truth.ts';

export const VOICES = [
  'espeak-ng en-gb-x-rp+m5 50 175',
  'espeak-ng en-us+f5 70 180',
  'espeak-ng en-029+m1 40 160',
  'espeak-ng en-gb-x-gbcwmd+Linda 50 175',
  'espeak-ng en-us+Michael 50 175',
  'espeak-ng en-gb+klatt4 50 175',
  'espeak-ng en-gb+grandma 50 175',
  'espeak-ng en-us+Alicia 50 175',
  'espeak-ng en-gb-x-gbclan+Denis 50 175',
  'flite awb',
  'flite kal16',
  'festival cmu_us_slt_arctic_hts',
] as const;

export const PHRASES = [
  'Yeah.',
  'No way.',
  'Sure.',
  'I would rather not say.',
  'Please call me back tomorrow afternoon.',
  'Nine nine four, two one seven.',
  'The doctor said it was fine.',
  'Sometimes.',
  'Of course I do.',
  'He was born in Chicago in nineteen forty eight.',
  'What was that?',
  "I don't think so.",
  'Okay.',
  'My sister has asthma and my father had a stroke.',
  'Eight.',
  'About sixteen hours a week.',
  'Absolutely.',
  'Can I ask you something first?',
] as const;

const folder = mkdtempSync(join(tmpdir(), 'trunkline-voices-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const spoken = new Map<string, Float64Array | null>();

/** Samples, full scale 1; null where the voice is not installed. */
export function say(voice: string, phrase: string): Float64Array | null {
  const key = `${voice}: ${phrase}`;
  const known = spoken.get(key);
  if (known !== undefined) return known;
  const samples = synthesize(voice, phrase);
  spoken.set(key, samples);
  return samples;
}

function synthesize(voice: string, phrase: string): Float64Array | null {
  const file = join(folder, 'phrase.wav');
  rmSync(file, { force: true });
  const [engine, name = '', pitch = '', speed = ''] = voice.split(' ');
  const [program, ...options] =
    engine === 'espeak-ng'
      ? ['espeak-ng', '-v', name, '-p', pitch, '-s', speed, '-w', file, phrase]
      : engine === 'flite'
        ? ['flite', '-voice', name, '-t', phrase, '-o', file]
        : ['text2wave', '-eval', `(voice_${name})`, '-o', file];
  const { status } = spawnSync(program!, options, { input: phrase, stdio: ['pipe', 'ignore', 'ignore'] });
  if (status !== 0) return null;
  return trim(toTelephoneRate(readFileSync(file)));
}

function toTelephoneRate(wav: Buffer): Int16Array {
  const rateHz = wav.readUInt32LE(24);
  const data = wav.indexOf('data') + 8;
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + data, wav.byteOffset + (wav.length & ~1)));
  const resampler = new addon.Resampler(rateHz, RATE_HZ);
  const output = new Int16Array(resampler.maxOutputSamples(samples.length));
  return output.subarray(0, resampler.process(samples, output));
}

function trim(samples: Int16Array): Float64Array {
  const floats = Float64Array.from(samples, (sample) => sample / 32_768);
  const levels = frameLevels(floats);
  const loudest = Math.max(...levels);
  const first = levels.findIndex((level) => level > loudest - 40);
  const last = levels.findLastIndex((level) => level > loudest - 40);
  return floats.slice(first * 160, (last + 1) * 160);
}
