import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';

const addonFile = new URL('../../build/Release/trunkline.node', import.meta.url).pathname;
const digestFile = new URL('../support/isa-digest.ts', import.meta.url).pathname;

/** What a fresh process with TRUNKLINE_ISA set says. */
function run(isa: string, args: readonly string[]): string {
  const { stdout } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    env: { TRUNKLINE_ISA: isa },
    encoding: 'utf8',
  });
  return stdout.trim();
}

function load(isa: string): string {
  const script = `try { console.log(require(${JSON.stringify(addonFile)}).activeIsa()) } catch (e) { console.log(e.message) }`;
  return run(isa, ['-e', script]);
}

const ISAS = ['scalar', 'avx2', 'avx512bw', 'avx512', 'neon'] as const;
/** The message of a load that fails names what this CPU has. */
const here = ISAS.filter((isa) => new RegExp(`[ ,]${isa}[, ]`).test(load('mmx')));

it('is the best that the CPU has, or the one forced', () => {
  const { TRUNKLINE_ISA: forced } = process.env;
  expect(addon.activeIsa()).toBe(forced ?? here.at(-1));
});

it('unknown: the load fails and says what is possible', () => {
  expect(load('mmx')).toMatch(/^Expected one of scalar.* for TRUNKLINE_ISA, received mmx$/);
});

it('of another CPU: the load fails too', () => {
  for (const isa of ISAS.filter((each) => !here.includes(each)))
    expect(load(isa)).toMatch(/^Expected one of/);
});

it('avx512 means whatever AVX-512 the CPU has', () => {
  if (here.includes('avx512bw')) expect(load('avx512')).toBe(here.includes('avx512') ? 'avx512' : 'avx512bw');
});

describe('all kernels', () => {
  let reference = '';
  beforeAll(() => {
    reference = run('scalar', [digestFile]);
  });

  it.each(here)('of %s give the bits of the scalar ones', (isa) => {
    expect(reference).toMatch(/^scalar [0-9a-f]{64}$/);
    expect(run(isa, [digestFile])).toBe(reference.replace('scalar', isa));
  });
});
