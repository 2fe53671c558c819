/**
 * Builds bench/peers-native/peers.cc on demand and runs it: other resamplers, called from C in frames of 20 ms as ours
 * is, and our own kernels without JavaScript. The program measures; each figure is for one frame of output.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Timing } from './measure.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { CXX = 'g++' } = process.env;
const program = join(root, 'build', 'peers');

export function measurePeers(): Timing[] {
  mkdirSync(join(root, 'build'), { recursive: true });
  execFileSync(
    CXX,
    [
      ...[
        '-std=c++20',
        '-O3',
        '-ffp-contract=off',
        '-fno-exceptions',
        `-I${join(root, 'native')}`,
        '-o',
        program,
      ],
      ...globSync(join(root, 'native/kernels/*.cc')),
      join(root, 'native/dsp/resampler_design.cc'),
      join(root, 'bench/peers-native/peers.cc'),
      ...['-lspeexdsp', '-lsoxr', '-lsamplerate'],
    ],
    { stdio: 'inherit' },
  );
  return JSON.parse(execFileSync(program, { encoding: 'utf8' })) as Timing[];
}
