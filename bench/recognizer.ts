/**
 * `npm run bench:recognizer`: CPU of one transcription request, our client against the SDK as it comes and against bare
 * node:http. Each way runs in a process of its own, the simulated vendor in another.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { thisMachine } from '../src/load/machine.ts';
import { WAYS } from './recognizer/ways.ts';

interface Measured {
  readonly leastMs: number;
  readonly medianMs: number;
}

const machine = thisMachine();
const load = loadavg()[0]!.toFixed(1);
console.log(
  `${machine.cpu}, ${machine.cores} cores, load ${load} before; Node ${process.versions.node}; commit ${machine.commit}\n`,
);
const vendor = forked('./recognizer/vendor.ts');
const [baseUrl] = (await once(vendor, 'message')) as [string];
try {
  console.log('| CPU of one request, an utterance of 2 s | median | least |');
  console.log('|---|---|---|');
  for (const name of Object.keys(WAYS)) {
    const [measured] = (await once(forked('./recognizer/run-way.ts', [name, baseUrl]), 'message')) as [
      Measured,
    ];
    console.log(`| ${name} | ${measured.medianMs.toFixed(2)} ms | ${measured.leastMs.toFixed(2)} ms |`);
  }
} finally {
  vendor.kill();
}

function forked(path: string, args: readonly string[] = []): ChildProcess {
  const file = fileURLToPath(new URL(path, import.meta.url));
  const child = fork(file, args, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  child.once('exit', (code) => {
    if (code !== 0 && code !== null)
      throw new Error(`Expected ${path} to measure, received exit code ${code}`);
  });
  return child;
}
