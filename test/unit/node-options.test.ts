import { describe, expect, it } from 'vitest';
import { serverNodeOptions } from '../../src/node-options.ts';

describe("the options of Node for the server's process", () => {
  it.each([
    [1, 1],
    [2, 1],
    [4, 3],
    [64, 4],
  ])('have on %i cores %i helpers to collect garbage', (cores, helpers) => {
    expect(serverNodeOptions(undefined, cores)).toBe(`--v8-pool-size=${helpers}`);
  });

  it('leave the last word to what was given', () => {
    expect(serverNodeOptions('--max-old-space-size=300 --v8-pool-size=3', 2)).toBe(
      '--v8-pool-size=1 --max-old-space-size=300 --v8-pool-size=3',
    );
  });
});
