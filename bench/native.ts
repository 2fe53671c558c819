/**
 * `npm run bench`: the addon's kernels on every ISA of this CPU, against JavaScript; `-- --peers` adds libspeexdsp, libsoxr
 * and libsamplerate (Debian: libspeexdsp-dev libsoxr-dev libsamplerate0-dev) and the kernels called from C++. Prints a
 * table and writes bench/results/native.md and .json. What is compared is measured in one run on one machine.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { addon } from '../src/audio/addon.ts';
import { measureJavaScript } from './native/g711.ts';
import type { Timing } from './native/measure.ts';
import { measurePeers } from './native/peers.ts';
import { measureLinear } from './native/resampler.ts';

const { CXX = 'g++' } = process.env;
const { values } = parseArgs({ options: { peers: { type: 'boolean', default: false } } });
const run = (file: string, args: readonly string[], env = process.env): string =>
  execFileSync(file, args, {
    encoding: 'utf8',
    env,
    maxBuffer: 1 << 24,
    // A load that is refused says why; here that is no news.
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

const ISAS = ['avx512', 'avx512bw', 'avx2', 'neon', 'scalar'];
const runIsa = new URL('./native/run-isa.ts', import.meta.url).pathname;
const addonFile = new URL('../build/Release/trunkline.node', import.meta.url).pathname;

function isHere(isa: string): boolean {
  try {
    return (
      run(process.execPath, ['-p', `require('${addonFile}').activeIsa()`], { TRUNKLINE_ISA: isa }) === isa
    );
  } catch {
    return false;
  }
}

const byIsa: Record<string, Timing[]> = { JavaScript: [...measureJavaScript(), ...measureLinear()] };
for (const isa of ISAS) {
  if (!isHere(isa)) continue;
  const output = run(process.execPath, [runIsa], { ...process.env, TRUNKLINE_ISA: isa });
  byIsa[isa] = (JSON.parse(output) as { timings: Timing[] }).timings;
}
if (values.peers) byIsa['C and C++'] = measurePeers();

const commit = run('git', ['rev-parse', '--short', 'HEAD']);
const isChanged =
  run('git', ['status', '--porcelain', '--', 'native', 'bench', ':!bench/results', 'binding.gyp']) !== '';
const about = [
  `CPU: ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}`,
  `Node: ${process.version}`,
  `Compiler: ${run(CXX, ['--version']).split('\n', 1)[0]}`,
  `Commit: ${commit}${isChanged ? ' with changes' : ''}`,
  `Active: ${addon.activeIsa()}`,
];
const rows = Object.entries(byIsa).flatMap(([where, timings]) =>
  timings.map(({ name, samples, medianNs, leastNs }) => {
    const rate = samples / leastNs;
    return `| ${where} | ${name} | ${samples} | ${medianNs.toFixed(1)} | ${leastNs.toFixed(1)} | ${rate.toFixed(2)} |`;
  }),
);
const table = [
  '| Where | What | Samples | Median, ns a call | Least, ns a call | G samples/s at the least |',
  '|---|---|---:|---:|---:|---:|',
  ...rows,
].join('\n');
const results = new URL('./results/', import.meta.url);
mkdirSync(results, { recursive: true });
const markdown = `# Native audio core\n\n${about.map((line) => `- ${line}`).join('\n')}\n\n${table}\n`;
writeFileSync(new URL('native.md', results), markdown);
writeFileSync(new URL('native.json', results), `${JSON.stringify({ about, timings: byIsa }, null, 1)}\n`);
process.stdout.write(markdown);
