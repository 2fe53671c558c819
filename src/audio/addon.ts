/**
 * Finds and loads the native addon: once in each thread that imports this file (the engine keeps the library itself
 * once a process). An import throws AddonError where there is no addon that works here.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { AddonError } from '../errors.ts';
import type { Addon } from './addon-types.ts';

/** Where a build may lie, best first: the install's, then a developer's. */
const CANDIDATES = ['../../build/Release/trunkline.node', '../../build/Debug/trunkline.node'];

/** Tries each path in order; the first that loads is it. Throws AddonError that names every path and what it said. */
export function loadAddon(
  paths: readonly string[] = CANDIDATES.map((path) => fileURLToPath(new URL(path, import.meta.url))),
): Addon {
  const require = createRequire(import.meta.url);
  const tried: string[] = [];
  for (const path of paths) {
    try {
      return require(path) as Addon;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      tried.push(`  ${path}: ${text.split('\n', 1)[0]}`);
    }
  }
  throw new AddonError(
    [
      `The native addon could not be loaded on ${process.platform} ${process.arch}, Node ${process.version}. Tried:`,
      ...tried,
      'Run "npm install" in the project folder to build it (it needs python3, make and g++).',
    ].join('\n'),
  );
}

export const addon: Addon = loadAddon();
