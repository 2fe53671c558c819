import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

const ADDON = new URL('../../build/Release/trunkline.node', import.meta.url).pathname;

/** Runs `code` in a worker that has `addon`; resolves with what it posts. */
async function inWorker(code: string): Promise<unknown> {
  const prelude = `const { parentPort } = require('node:worker_threads'); const addon = require(${JSON.stringify(ADDON)});`;
  const worker = new Worker(prelude + code, { eval: true });
  const [message] = await once(worker, 'message');
  const [code_] = await once(worker, 'exit');
  expect(code_).toBe(0);
  return message;
}

/** How long the loop takes for so many turns, in ms; something is always due. The first may come at once. */
const timeTurns = (turns: number) => `
  const start = performance.now();
  let left = ${turns};
  const turn = () => (--left > 0 ? setImmediate(turn) : parentPort.postMessage(performance.now() - start));
  setImmediate(turn);`;

test('turns the loop at most once in a period', async () => {
  expect(await inWorker(`addon.pollEvery(10000);${timeTurns(21)}`)).toBeGreaterThanOrEqual(190);
});

test('turns as often as it likes with a period of 0 again', async () => {
  expect(await inWorker(`addon.pollEvery(20000); addon.pollEvery(0);${timeTurns(1000)}`)).toBeLessThan(
    10_000,
  );
});

test('keeps no loop alive, and a thread that ends takes it with it', async () => {
  expect(await inWorker('addon.pollEvery(2000); parentPort.postMessage("done");')).toBe('done');
});

test('dies with a thread that is terminated in its sleep', async () => {
  const code = `const addon = require(${JSON.stringify(ADDON)}); addon.pollEvery(20000); setInterval(() => {}, 1); require('node:worker_threads').parentPort.postMessage(0)`;
  const worker = new Worker(code, { eval: true });
  await once(worker, 'message');
  expect(await worker.terminate()).toBe(1);
});

test.each([[-1], [1.5], [20_001], ['2000'], [undefined]])('refuses a period of %s', async (period) => {
  const { addon } = await import('../../src/audio/addon.ts');
  expect(() => addon.pollEvery(period as number)).toThrow(
    /Expected a whole number from 0 to 20000 for periodUs/,
  );
});
