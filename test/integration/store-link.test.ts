import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { loadFlowFiles } from '../../src/cli/flow-file.ts';
import { parseConfig } from '../../src/config.ts';
import { startTrunkline } from '../../src/main.ts';
import { StoreLink } from '../../src/store-link.ts';
import { keptLog } from '../support/silent-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MORTAL = new URL('../support/mortal-store-worker.ts', import.meta.url);
const FLOW = fileURLToPath(new URL('../fixtures/flows/short.yaml', import.meta.url));

function linkUnderTest(workerUrl = MORTAL) {
  const folder = temporaryFolder();
  const { log, lines } = keptLog();
  const lost: Error[] = [];
  const start = {
    path: join(folder, 'calls.sqlite'),
    logLevel: 'silent',
    logPii: false,
    callLifeMs: 60_000,
  } as const;
  const link = new StoreLink(workerUrl, start, log, (error) => lost.push(error));
  onTestFinished(() => link.close());
  return { link, lines, lost, die: () => writeFileSync(join(folder, 'die'), '') };
}

it('tells once, in words, that the store thread is gone', async () => {
  const { link, lines, lost, die } = linkUnderTest();
  expect(await link.opened).toBe('sqlite');
  expect(link.isAlive).toBe(true);
  die();
  await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 10_000 });
  expect(lost[0]?.message).toContain('received its end with code 3');
  expect(lines()).toMatchObject([{ event: 'store.lost', code: 3 }]);
  expect(link.isAlive).toBe(false);
});

it('says nothing of a store thread that was told to close', async () => {
  const { link, lines, lost } = linkUnderTest();
  await link.opened;
  await link.close();
  expect([lost, lines()]).toEqual([[], []]);
});

it('refuses to open when the thread ends without a word', async () => {
  const { link, lost } = linkUnderTest(new URL('data:text/javascript,process.exit(4)'));
  await expect(link.opened).rejects.toThrow('received its end with code 4');
  expect(lost).toEqual([]);
});

it('has the whole process told to end, and shows it on /readyz until then', async () => {
  const folder = temporaryFolder();
  const config = parseConfig({ PORT: '0', DATA_DIR: folder, FLOW, WORKERS: '1', LOG_LEVEL: 'silent' });
  const fatal: Error[] = [];
  const trunkline = await startTrunkline({
    config,
    flows: loadFlowFiles(config.FLOW),
    storeWorkerUrl: MORTAL,
    onFatal: (error) => fatal.push(error),
  });
  onTestFinished(() => trunkline.close());
  const storeHealth = async () => {
    const answer = await fetch(`http://127.0.0.1:${trunkline.port}/readyz`);
    return ((await answer.json()) as { store: object }).store;
  };
  expect(await storeHealth()).toMatchObject({ isAlive: true, isDurable: true, lostWrites: 0 });
  writeFileSync(join(folder, 'die'), '');
  await vi.waitFor(() => expect(fatal).toHaveLength(1), { timeout: 10_000 });
  expect(fatal[0]?.message).toContain('the store thread');
  expect(await storeHealth()).toMatchObject({ isAlive: false, isDurable: false });
  const readiness = await fetch(`http://127.0.0.1:${trunkline.port}/readyz`);
  expect([readiness.status, await readiness.json()]).toMatchObject([
    503,
    { ready: false, reasons: expect.arrayContaining(['the call store is gone']) },
  ]);
});
