/**
 * Holds the TypeScript features against the Python ones that the weights were trained on, over every fixture and over
 * noise: exits 1 when any value differs by more than 1e-3. Needs python3 with numpy.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { BAND_COUNT, MelFeatures } from '../../src/speech/builtin/mel-features.ts';
import { createRandom, fromMulaw, gaussian } from './telephone.ts';

const MOST_DIFFERENCE = 1e-3;
const fixtures = new URL('../../test/fixtures/yes-no/', import.meta.url);
const random = createRandom(3);
const recordings = readdirSync(fixtures)
  .filter((name) => name.endsWith('.ulaw'))
  .map((name): [string, Int16Array] => [
    name,
    Int16Array.from(readFileSync(new URL(name, fixtures)), fromMulaw),
  ]);
recordings.push(['noise', Int16Array.from({ length: 12_345 }, () => 2000 * gaussian(random))]);

let largest = 0;
for (const [name, samples] of recordings) {
  const python = JSON.parse(
    execFileSync('python3', [new URL('features.py', import.meta.url).pathname], {
      input: Buffer.from(samples.buffer),
      maxBuffer: 1 << 26,
    }).toString(),
  ) as number[][];
  const features = new MelFeatures(1000);
  const frames = features.compute(Float32Array.from(samples, (sample) => sample / 32768));
  const ours = new Float64Array(frames * BAND_COUNT);
  features.normalize(0, frames, ours, 0);
  const theirs = python.flat();
  if (theirs.length !== ours.length)
    throw new Error(`${name}: ${frames} frames here, ${python.length} in Python`);
  for (let i = 0; i < ours.length; i++) largest = Math.max(largest, Math.abs(ours[i]! - theirs[i]!));
}
process.stdout.write(`${recordings.length} recordings, largest difference ${largest.toExponential(2)}\n`);
process.exitCode = largest <= MOST_DIFFERENCE ? 0 : 1;
