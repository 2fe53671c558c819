import { expect, it } from 'vitest';
import { addon, loadAddon } from '../../../src/audio/addon.ts';
import { AddonError } from '../../../src/errors.ts';

it('is the same object in every file of a thread', () => {
  expect(loadAddon()).toBe(addon);
});

it('passes over a path that does not load', () => {
  const good = new URL('../../../build/Release/trunkline.node', import.meta.url).pathname;
  expect(loadAddon(['/nowhere/trunkline.node', good]).activeIsa()).toBe(addon.activeIsa());
});

it('names every path and the way out where nothing loads', () => {
  const load = (): unknown => loadAddon(['/nowhere/a.node', import.meta.filename.replace('.ts', '.node')]);
  expect(load).toThrow(AddonError);
  expect(load).toThrow(/\/nowhere\/a\.node: .*\n.*addon\.test\.node: .*\n.*npm install/);
});
