import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';

const addonFile = new URL('../../build/Release/trunkline.node', import.meta.url).pathname;

/** What a fresh process with TRUNKLINE_ISA set says. */
function load(isa: string): string {
  const script = `try { console.log(require(${JSON.stringify(addonFile)}).activeIsa()) } catch (e) { console.log(e.message) }`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], {
    env: { TRUNKLINE_ISA: isa },
    encoding: 'utf8',
  });
  return stdout.trim();
}

it('is one of the known four', () => {
  expect(['scalar', 'avx2', 'avx512', 'neon']).toContain(addon.activeIsa());
});

it('is the one that TRUNKLINE_ISA names', () => {
  expect(load('scalar')).toBe('scalar');
});

it('unknown: the load fails and says what is possible', () => {
  expect(load('mmx')).toMatch(/^Expected one of scalar.* for TRUNKLINE_ISA, received mmx$/);
});
